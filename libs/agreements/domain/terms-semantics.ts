import { isCalendarDuration, isTimeZone, parseInstant } from '../../kernel/calendar.js';
import { isCurrency } from '../../kernel/currency.js';
import type { FieldError } from '../../kernel/domain-error.js';
import { parseRate, hundredPercent } from './rate.js';
import type { Bonus, CommissionRule, Match, Terms } from './terms.js';
import { unreachableRules } from './unreachable-rules.js';

/** Types that take events back; no rule prices them, so a clause that names one would promise nothing. */
const reversingTypes: ReadonlySet<string> = new Set(['refund', 'void']);

/**
 * What is wrong in a document that has the right shape, by JSON pointer: the rules of terms.md that JSON Schema cannot
 * say. Empty when nothing is.
 */
export function semanticErrors(terms: Terms): FieldError[] {
  const errors = [
    ...check('/currency', isCurrency(terms.currency), 'is not an active ISO 4217 currency'),
    ...check('/timeZone', terms.timeZone === undefined || isTimeZone(terms.timeZone), 'is not a known time zone'),
    ...uniqueIds(terms),
    ...terms.commissions.flatMap((rule, index) => ruleErrors(rule, `/commissions/${index}`, terms)),
    ...(terms.bonuses ?? []).flatMap((bonus, index) => bonusErrors(bonus, `/bonuses/${index}`)),
    ...tierErrors(terms),
    ...shareErrors(terms),
    ...termErrors(terms),
  ];
  // Only of rules that are valid by themselves can it be said which events they take.
  return errors.length > 0 ? errors : unreachableRules(terms.commissions);
}

function check(pointer: string, holds: boolean, message: string): FieldError[] {
  return holds ? [] : [{ pointer, message }];
}

function uniqueIds(terms: Terms): FieldError[] {
  const pricing: [string, string][] = [
    ...terms.commissions.map((rule, index): [string, string] => [rule.id, `/commissions/${index}/id`]),
    ...(terms.bonuses ?? []).map((bonus, index): [string, string] => [bonus.id, `/bonuses/${index}/id`]),
  ];
  const obligations = (terms.obligations ?? []).map(({ id }, index): [string, string] => [
    id,
    `/obligations/${index}/id`,
  ]);
  return [...repeats(pricing), ...repeats(obligations)];
}

/** The pointers whose value stood at an earlier one already. */
function repeats(valuesByPointer: readonly [value: string, pointer: string][]): FieldError[] {
  const seen = new Map<string, string>();
  return valuesByPointer.flatMap(([value, pointer]) => {
    const first = seen.get(value);
    if (first === undefined) seen.set(value, pointer);
    return check(pointer, first === undefined, `repeats ${first}`);
  });
}

function ruleErrors(rule: CommissionRule, pointer: string, terms: Terms): FieldError[] {
  return [
    ...check(`${pointer}/event`, !reversingTypes.has(rule.event), 'takes events back and earns nothing'),
    ...matchErrors(rule.match ?? {}, `${pointer}/match`, terms),
    ...(rule.reward.kind === 'banded' ? rising(rule.reward.bands, 'from', `${pointer}/reward/bands`, 0) : []),
  ];
}

function matchErrors(match: Match, pointer: string, terms: Terms): FieldError[] {
  const [from, until] = [match.from, match.until].map((text) => (text === undefined ? undefined : parseInstant(text)));
  const known = terms.tiers && new Set(terms.tiers.list.map(({ name }) => name));
  const notAnInstant = 'is not an RFC 3339 instant with a zone and at most milliseconds';
  return [
    ...check(`${pointer}/from`, match.from === undefined || from !== undefined, notAnInstant),
    ...check(`${pointer}/until`, match.until === undefined || until !== undefined, notAnInstant),
    ...check(`${pointer}/until`, !from || !until || from < until, 'is not after from'),
    ...duration(`${pointer}/withinFirst`, match.withinFirst),
    ...(match.tiers ?? []).flatMap((tier, index) =>
      check(`${pointer}/tiers/${index}`, !known || known.has(tier), 'is not a tier of the list'),
    ),
  ];
}

function bonusErrors(bonus: Bonus, pointer: string): FieldError[] {
  switch (bonus.kind) {
    case 'retainer':
      return positiveDuration(`${pointer}/every`, bonus.every);
    case 'lifetime_value':
      return positiveDuration(`${pointer}/after`, bonus.after);
    case 'milestone':
      return [
        ...check(`${pointer}/event`, !reversingTypes.has(bonus.event), 'takes events back and earns nothing'),
        ...rising(bonus.steps, 'at', `${pointer}/steps`),
      ];
    case 'upfront':
    case 'participation':
      return [];
  }
}

function tierErrors({ tiers }: Terms): FieldError[] {
  if (!tiers) return [];
  return [
    ...positiveDuration('/tiers/lookback', tiers.lookback),
    ...rising(tiers.list, 'from', '/tiers/list', 0),
    ...repeats(tiers.list.map(({ name }, index): [string, string] => [name, `/tiers/list/${index}/name`])),
  ];
}

/** Shares belong to the model `roles` alone, and there they add up to the whole. */
function shareErrors({ attribution }: Terms): FieldError[] {
  if (!attribution) return [];
  const { model, shares, window } = attribution;
  const errors = duration('/attribution/window', window);
  if (model !== 'roles') {
    return [...errors, ...check('/attribution/shares', shares === undefined, 'belongs to the model roles alone')];
  }
  if (!shares) return [...errors, { pointer: '/attribution/shares', message: 'is missing' }];
  const sum = Object.values(shares).reduce((total, share) => total + parseRate(share), 0n);
  return [...errors, ...check('/attribution/shares', sum === hundredPercent, 'does not add up to 100')];
}

function termErrors({ payment, term, obligations = [] }: Terms): FieldError[] {
  return [
    ...duration('/payment/holding', payment.holding),
    ...positiveDuration('/term/length', term.length),
    ...duration('/term/notice', term.notice),
    ...obligations.flatMap(({ checkpoint }, index) =>
      checkpoint === undefined ? [] : positiveDuration(`/obligations/${index}/checkpoint`, checkpoint),
    ),
  ];
}

/** `field` grows from element to element, and starts at `start` where one is given. */
function rising<Field extends string>(
  list: readonly Record<Field, number>[],
  field: Field,
  pointer: string,
  start?: number,
): FieldError[] {
  return list.flatMap((element, index) => {
    const before = list[index - 1];
    const at = `${pointer}/${index}/${field}`;
    if (before) return check(at, element[field] > before[field], 'is not above the one before');
    return check(at, start === undefined || element[field] === start, `does not start at ${start}`);
  });
}

function duration(pointer: string, text: string | undefined): FieldError[] {
  return check(pointer, text === undefined || isCalendarDuration(text), 'is not a duration of calendar units');
}

/** Where something is due after each such duration, one of zero length would be due for ever. */
function positiveDuration(pointer: string, text: string): FieldError[] {
  const errors = duration(pointer, text);
  return errors.length > 0 ? errors : check(pointer, /[1-9]/.test(text), 'is a duration of no length');
}

import { parseInstant } from '../../kernel/calendar.js';
import type { FieldError } from '../../kernel/domain-error.js';
import type { CommissionRule, Match } from './terms.js';

/**
 * Rules that no event can ever reach, because an earlier rule of the same event takes all that they would (terms.md,
 * Pricing 3: the first rule that matches gives the event's one line, even where that line is zero). The analysis is
 * sound: a rule is named only where each condition of one earlier rule follows from the later rule's own conditions. It
 * does not look for rules that several earlier ones take together.
 */
export function unreachableRules(commissions: readonly CommissionRule[]): FieldError[] {
  return commissions.flatMap((rule, index) => {
    const taker = commissions.findIndex((earlier, place) => place < index && takesAllOf(earlier, rule));
    if (taker === -1) return [];
    return [
      { pointer: `/commissions/${index}`, message: `is never reached: /commissions/${taker} takes every event first` },
    ];
  });
}

/** Whether every event that `later` matches is matched by `earlier` too. Both are valid rules. */
function takesAllOf(earlier: CommissionRule, later: CommissionRule): boolean {
  if (earlier.event !== later.event) return false;
  const conditions = earlier.match ?? {};
  return (Object.keys(implied) as (keyof Match)[]).every((field) => {
    if (conditions[field] === undefined) return true;
    return (implied[field] as Implied<unknown>)(conditions[field], later.match ?? {}, later.event);
  });
}

/** Whether the condition with the value `wanted` holds for every event of a type that satisfies the `given` conditions. */
type Implied<Value> = (wanted: Value, given: Match, event: string) => boolean;

/** Every field of `match`. A new field does not compile until it is thought about here. */
const implied: { readonly [Field in keyof Match]-?: Implied<NonNullable<Match[Field]>> } = {
  customer: (wanted, given, event) => (given.customer ?? customerByFirstSale(given, event)) === wanted,
  minAmountMinor: (wanted, given) => (given.minAmountMinor ?? 0) >= wanted,
  tiers: (wanted, given) => isWithin(given.tiers, wanted),
  coupons: (wanted, given) => isWithin(given.coupons, wanted),
  // An event matches where any of its products is listed; one that is in the smaller list is in the larger one too.
  products: (wanted, given) => isWithin(given.products, wanted),
  countries: (wanted, given) => isWithin(given.countries, wanted),
  campaigns: (wanted, given) => isWithin(given.campaigns, wanted),
  from: (wanted, given) => given.from !== undefined && instantMs(given.from) >= instantMs(wanted),
  until: (wanted, given) => given.until !== undefined && instantMs(given.until) <= instantMs(wanted),
  withinFirst: (wanted, given, event) => {
    if (given.withinFirst !== undefined && isNeverLonger(given.withinFirst, wanted)) return true;
    // The first sale of a customer is itself no time after the first sale.
    return event === 'sale' && given.customer === 'new' && /[1-9]/.test(wanted);
  },
};

/** Within some time of a first sale, an event that is no sale itself has a customer who bought before. */
function customerByFirstSale(given: Match, event: string): Match['customer'] {
  return given.withinFirst !== undefined && event !== 'sale' ? 'existing' : undefined;
}

function isWithin(given: readonly string[] | undefined, wanted: readonly string[]): boolean {
  return given !== undefined && given.every((value) => wanted.includes(value));
}

function instantMs(text: string): number {
  return parseInstant(text)?.getTime() ?? Number.NaN;
}

/**
 * Whether a calendar duration ends no later than another one, from whatever day both begin: months and days each at
 * most as many, or at most so many days as the other has at least. Where the calendar decides, the answer is no.
 */
function isNeverLonger(duration: string, other: string): boolean {
  const [shorter, longer] = [partsOf(duration), partsOf(other)];
  if (shorter.months <= longer.months && shorter.days <= longer.days) return true;
  return shorter.months * 31 + shorter.days <= longer.months * 28 + longer.days;
}

function partsOf(duration: string): { months: number; days: number } {
  const amount = (unit: string) => Number(new RegExp(`(\\d+)${unit}`).exec(duration)?.[1] ?? 0);
  return { months: amount('Y') * 12 + amount('M'), days: amount('W') * 7 + amount('D') };
}

import { pointerStep, pointerTokens } from './terms-pattern.js';
import type { CommissionRule, Terms } from './terms.js';

/** A limit that a rule leaves out, and what that amounts to. */
export interface AbsentLimit {
  /** Where it would stand. */
  pointer: string;
  /** In minor units; infinite where nothing is limited. */
  amountMinor: number;
}

/** What a rule without the field pays at most, or takes at least (`terms.md`: limits and matches are optional). */
const meanings: Readonly<Record<string, (rule: CommissionRule) => number | undefined>> = {
  '/limits/perEventMinor': ({ limits, reward }) => {
    if (limits?.perEventMinor !== undefined) return undefined;
    // What is fixed is its own limit.
    return reward.kind === 'flat' || reward.kind === 'credit' ? reward.amountMinor : Number.POSITIVE_INFINITY;
  },
  '/limits/perPeriod/maxMinor': ({ limits }) => (limits?.perPeriod ? undefined : Number.POSITIVE_INFINITY),
  '/limits/lifetimeMinor': ({ limits }) => (limits?.lifetimeMinor === undefined ? Number.POSITIVE_INFINITY : undefined),
  '/match/minAmountMinor': ({ match }) => (match?.minAmountMinor === undefined ? 0 : undefined),
};

/** The limits at a pattern that rules leave out: a bound would be no bound if leaving the field out went around it. */
export function absentLimitsAt({ commissions }: Terms, pattern: string): AbsentLimit[] {
  const [list, rule = '', ...field] = pointerTokens(pattern);
  const path = field.map(pointerStep).join('');
  const meaning = list === 'commissions' && Object.hasOwn(meanings, path) ? meanings[path] : undefined;
  if (!meaning) return [];
  return commissions.flatMap((commission, index) => {
    const amountMinor = rule === '*' || rule === String(index) ? meaning(commission) : undefined;
    return amountMinor === undefined ? [] : [{ pointer: `/commissions/${index}${path}`, amountMinor }];
  });
}

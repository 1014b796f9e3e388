import type { Reward } from '../../../agreements/domain/index.js';
import type { Wording } from '../wording/wording.js';

/**
 * Every field that may change by itself, by its path with `*` for an element of a list, and the sort of its value. A
 * language gives each of them a name.
 */
export const fieldSorts = {
  currency: 'text',
  timeZone: 'text',
  'commissions.*.event': 'quoted',
  'commissions.*.match': 'object',
  'commissions.*.match.customer': 'enum',
  'commissions.*.match.minAmountMinor': 'money',
  'commissions.*.match.tiers': 'list',
  'commissions.*.match.coupons': 'list',
  'commissions.*.match.products': 'list',
  'commissions.*.match.countries': 'list',
  'commissions.*.match.campaigns': 'list',
  'commissions.*.match.from': 'instant',
  'commissions.*.match.until': 'instant',
  'commissions.*.match.withinFirst': 'duration',
  'commissions.*.reward': 'reward',
  'commissions.*.reward.rate': 'rate',
  'commissions.*.reward.amountMinor': 'money',
  'commissions.*.reward.of': 'enum',
  'commissions.*.reward.basis': 'enum',
  'commissions.*.reward.period': 'enum',
  'commissions.*.reward.mode': 'enum',
  'commissions.*.reward.bands.*': 'rate',
  'commissions.*.reward.bands.*.rate': 'rate',
  'commissions.*.limits': 'object',
  'commissions.*.limits.perEventMinor': 'money',
  'commissions.*.limits.perPeriod': 'object',
  'commissions.*.limits.perPeriod.period': 'enum',
  'commissions.*.limits.perPeriod.maxMinor': 'money',
  'commissions.*.limits.lifetimeMinor': 'money',
  bonuses: 'object',
  'bonuses.*.amountMinor': 'money',
  'bonuses.*.every': 'duration',
  'bonuses.*.event': 'quoted',
  'bonuses.*.metric': 'enum',
  'bonuses.*.period': 'enum',
  'bonuses.*.steps.*': 'money',
  'bonuses.*.steps.*.amountMinor': 'money',
  'bonuses.*.deliverable': 'quoted',
  'bonuses.*.after': 'duration',
  'bonuses.*.rate': 'rate',
  tiers: 'object',
  'tiers.lookback': 'duration',
  'tiers.requalify': 'enum',
  'tiers.metric': 'enum',
  'tiers.graceReviews': 'count',
  'tiers.list.*': 'threshold',
  'tiers.list.*.from': 'threshold',
  attribution: 'object',
  'attribution.model': 'enum',
  'attribution.window': 'duration',
  'attribution.shares': 'object',
  'attribution.shares.*': 'rate',
  'payment.frequency': 'enum',
  'payment.holding': 'duration',
  'payment.minimumMinor': 'money',
  'payment.methods': 'list',
  'term.length': 'duration',
  'term.renewal': 'enum',
  'term.notice': 'duration',
  obligations: 'object',
  'obligations.*.text': 'quoted',
  'obligations.*.checkpoint': 'duration',
  legal: 'object',
  'legal.governingLaw': 'quoted',
  'legal.exclusivity': 'yesNo',
} as const;

export type ChangedField = keyof typeof fieldSorts;
export type FieldSort = (typeof fieldSorts)[ChangedField];

/** Values that a document writes as a code. */
export const codes = [
  ...(['new', 'existing', 'store_credit', 'amount', 'count', 'new_customers', 'marginal', 'whole'] as const),
  ...(['month', 'quarter', 'year', 'lifetime', 'weekly', 'monthly', 'quarterly', 'auto', 'consent', 'none'] as const),
  ...(['last_touch', 'first_touch', 'linear', 'position_based', 'roles'] as const),
  ...(['percent', 'flat', 'credit', 'banded'] as const),
  ...(['upfront', 'retainer', 'milestone', 'participation', 'lifetime_value'] as const),
] as const;

export type Code = (typeof codes)[number];

/** Whom a rule's commission is for: the words that tell one rule from another. */
export type RuleSubject = 'newCustomers' | 'existingCustomers' | 'sales' | 'events';

/** The words of one language for changes of terms. Values come from the language's `Wording`, sentences from here. */
export interface ChangeWords {
  fields: Readonly<Record<ChangedField, string>>;
  codes: Readonly<Record<Code, string>>;
  /** A commission rule; `event` is quoted already. `id` is given where the subject alone could mean another rule. */
  rule: (subject: RuleSubject, event: string, id?: string) => string;
  /** A bonus by its kind in words. */
  bonus: (kind: string, id: string) => string;
  obligation: (id: string) => string;
  tier: (name: string) => string;
  /** A band or step by where it begins. */
  from: (value: string) => string;
  reward: (reward: Reward, wording: Wording) => string;
  yes: string;
  no: string;
  /** What stands for a field that is not there. */
  none: string;
  /** Between the part and its field: `commission on sales, at most for one event`. */
  part: (whole: string, field: string) => string;
  change: (label: string, before: string, after: string) => string;
  added: (label: string, what: string) => string;
  removed: (label: string, what: string) => string;
  moved: (label: string, from: string, to: string) => string;
  /** Several values or facts one after the other. */
  list: (items: readonly string[]) => string;
  /** A value that reads the same as before: what the document has is told too. */
  written: (words: string, raw: string) => string;
  redline: {
    title: string;
    between: (from: string, to: string) => string;
    legend: string;
    changes: string;
    noChanges: string;
    text: string;
    /** What the partner is called where terms are compared and not a contract. */
    partner: string;
    deleted: (text: string) => string;
    inserted: (text: string) => string;
  };
}

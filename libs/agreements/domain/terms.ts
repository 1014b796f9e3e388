/**
 * The terms document `pactline.terms/1` (terms.md, Shape): the one structured text that the contract prints, the
 * engine prices with and negotiation compares. Amounts are safe integers in minor units of `currency`; rates are
 * canonical decimal strings in percent; durations are ISO 8601 with years, months, weeks and days.
 */
export interface Terms {
  schema: 'pactline.terms/1';
  currency: string;
  /** An IANA zone; absent means `Etc/UTC`. */
  timeZone?: string;
  commissions: CommissionRule[];
  bonuses?: Bonus[];
  tiers?: Tiers;
  attribution?: Attribution;
  payment: Payment;
  term: Term;
  obligations?: Obligation[];
  legal?: { governingLaw?: string; exclusivity?: boolean };
}

export interface CommissionRule {
  id: string;
  event: string;
  match?: Match;
  reward: Reward;
  limits?: Limits;
}

export interface Match {
  customer?: 'new' | 'existing';
  minAmountMinor?: number;
  tiers?: string[];
  coupons?: string[];
  products?: string[];
  countries?: string[];
  campaigns?: string[];
  /** RFC 3339; included. */
  from?: string;
  /** RFC 3339; not included. */
  until?: string;
  withinFirst?: string;
}

export type Reward =
  | { kind: 'percent'; rate: string }
  | { kind: 'flat'; amountMinor: number }
  | { kind: 'credit'; amountMinor: number; of: 'store_credit' }
  | {
      kind: 'banded';
      basis: 'amount' | 'count';
      period: Period | 'lifetime';
      mode: 'marginal' | 'whole';
      bands: Band[];
    };

export type Period = 'month' | 'quarter' | 'year';

export interface Band {
  from: number;
  rate: string;
}

export interface Limits {
  perEventMinor?: number;
  perPeriod?: { period: Period; maxMinor: number };
  lifetimeMinor?: number;
}

export type Bonus =
  | { id: string; kind: 'upfront'; amountMinor: number }
  | { id: string; kind: 'retainer'; every: string; amountMinor: number }
  | {
      id: string;
      kind: 'milestone';
      event: string;
      metric: 'count' | 'amount' | 'new_customers';
      period: Period | 'lifetime';
      steps: { at: number; amountMinor: number }[];
    }
  | { id: string; kind: 'participation'; deliverable: string; amountMinor: number }
  | { id: string; kind: 'lifetime_value'; after: string; rate: string };

export interface Tiers {
  lookback: string;
  requalify: Period;
  metric: 'amount' | 'count' | 'new_customers';
  graceReviews: number;
  list: { name: string; from: number }[];
}

export interface Attribution {
  model: 'last_touch' | 'first_touch' | 'linear' | 'position_based' | 'roles';
  window: string;
  /** Shares in percent by role; only with the model `roles`, and then they add up to 100. */
  shares?: Record<string, string>;
}

export interface Payment {
  frequency: 'weekly' | 'monthly' | 'quarterly';
  holding: string;
  minimumMinor: number;
  methods: string[];
}

export interface Term {
  length: string;
  renewal: 'auto' | 'consent' | 'none';
  notice: string;
}

export interface Obligation {
  id: string;
  text: string;
  checkpoint?: string;
}

/** The zone in which the calendar of these terms is read. */
export function timeZoneOf(terms: Terms): string {
  return terms.timeZone ?? 'Etc/UTC';
}

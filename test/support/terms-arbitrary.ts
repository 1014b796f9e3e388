import fc from 'fast-check';
import {
  unreachableRules,
  type CommissionRule,
  type Limits,
  type Match,
  type Reward,
  type Terms,
} from '../../libs/agreements/domain/index.js';

const amount = fc.integer({ min: 0, max: 9_007_199_254_740_991 });
const duration = fc
  .tuple(fc.nat(12), fc.nat(30), fc.nat(60), fc.nat(400))
  .filter((parts) => parts.some((part) => part > 0))
  .map(([years, months, weeks, days]) => `P${years}Y${months}M${weeks}W${days}D`);
const rate = fc
  .integer({ min: 0, max: 100_000_000 })
  .map((micro) => (micro / 1_000_000).toFixed(6).replace(/\.?0+$/, ''));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,11}$/);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
const instant = fc
  .date({ min: new Date('2020-01-01T00:00:00Z'), max: new Date('2035-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const period = fc.constantFrom('month', 'quarter', 'year');
const periodOrLifetime = fc.constantFrom('month', 'quarter', 'year', 'lifetime');

/** Whole numbers that rise from `first`. */
function rising(first: number): fc.Arbitrary<number[]> {
  return fc
    .array(fc.integer({ min: 1, max: 90_000_000 }), { maxLength: 5 })
    .map((steps) => steps.reduce((list, step) => [...list, (list.at(-1) ?? 0) + step], [first]));
}

function optional<T>(arbitraries: { [K in keyof T]-?: fc.Arbitrary<NonNullable<T[K]>> }): fc.Arbitrary<T> {
  return fc.record(arbitraries, { requiredKeys: [] }) as fc.Arbitrary<T>;
}

const match = optional<Match>({
  customer: fc.constantFrom('new', 'existing'),
  minAmountMinor: amount,
  tiers: names,
  coupons: names,
  products: names,
  countries: names,
  campaigns: names,
  from: instant,
  until: instant,
  withinFirst: duration,
});

const limits = optional<Limits>({
  perEventMinor: amount,
  perPeriod: fc.record({ period, maxMinor: amount }),
  lifetimeMinor: amount,
});

const reward: fc.Arbitrary<Reward> = fc.oneof(
  fc.record({ kind: fc.constant('percent'), rate }),
  fc.record({ kind: fc.constant('flat'), amountMinor: amount }),
  fc.record({ kind: fc.constant('credit'), amountMinor: amount, of: fc.constant('store_credit') }),
  fc.record({
    kind: fc.constant('banded'),
    basis: fc.constantFrom('amount', 'count'),
    period: periodOrLifetime,
    mode: fc.constantFrom('marginal', 'whole'),
    bands: fc
      .tuple(rising(0), fc.array(rate, { minLength: 6, maxLength: 6 }))
      .map(([froms, rates]) => froms.map((from, index) => ({ from, rate: rates[index] ?? '0' }))),
  }),
);

const bonusBodies = [
  fc.record({ kind: fc.constant('upfront'), amountMinor: amount }),
  fc.record({ kind: fc.constant('retainer'), every: duration, amountMinor: amount }),
  fc.record({
    kind: fc.constant('milestone'),
    event: name,
    metric: fc.constantFrom('count', 'amount', 'new_customers'),
    period: periodOrLifetime,
    steps: fc
      .tuple(rising(1), fc.array(amount, { minLength: 6, maxLength: 6 }))
      .map(([ats, amounts]) => ats.map((at, index) => ({ at, amountMinor: amounts[index] ?? 0 }))),
  }),
  fc.record({ kind: fc.constant('participation'), deliverable: name, amountMinor: amount }),
  fc.record({ kind: fc.constant('lifetime_value'), after: duration, rate }),
] as const;

const rules = fc
  .array(fc.record({ event: name, match, reward, limits }), { minLength: 1, maxLength: 5 })
  .map((list): CommissionRule[] => list.map((rule, index) => ({ id: `rule-${index}`, ...rule })))
  .filter((list) => unreachableRules(list).length === 0);
const bonuses = fc
  .array(fc.oneof(...bonusBodies), { maxLength: 5 })
  .map((list) => list.map((bonus, index) => ({ id: `bonus-${index}`, ...bonus })));

/** Well-formed terms documents of every kind that the schema knows. */
export const anyTerms: fc.Arbitrary<Terms> = fc.record(
  {
    schema: fc.constant('pactline.terms/1' as const),
    currency: fc.constantFrom('USD', 'EUR', 'JPY', 'KWD'),
    timeZone: fc.constantFrom('Etc/UTC', 'Europe/Berlin', 'Asia/Jakarta', 'America/New_York'),
    commissions: rules,
    bonuses,
    tiers: fc.record({
      lookback: duration,
      requalify: period,
      metric: fc.constantFrom('amount', 'count', 'new_customers'),
      graceReviews: fc.nat(20),
      list: rising(0).map((froms) => froms.map((from, index) => ({ name: `tier-${index}`, from }))),
    }),
    attribution: fc.oneof(
      fc.record({ model: fc.constantFrom('last_touch', 'first_touch', 'linear', 'position_based'), window: duration }),
      fc.record({
        model: fc.constant('roles'),
        window: duration,
        shares: fc.constantFrom<Record<string, string>>({ closer: '100' }, { introducer: '37.5', closer: '62.5' }),
      }),
    ),
    payment: fc.record({
      frequency: fc.constantFrom('weekly', 'monthly', 'quarterly'),
      holding: duration,
      minimumMinor: amount,
      methods: names,
    }),
    term: fc.record({ length: duration, renewal: fc.constantFrom('auto', 'consent', 'none'), notice: duration }),
    obligations: fc
      .array(fc.record({ text: name, checkpoint: duration }), { maxLength: 3 })
      .map((list) => list.map((obligation, index) => ({ id: `obligation-${index}`, ...obligation }))),
    legal: optional<NonNullable<Terms['legal']>>({ governingLaw: name, exclusivity: fc.boolean() }),
  },
  { requiredKeys: ['schema', 'currency', 'commissions', 'payment', 'term'] },
);

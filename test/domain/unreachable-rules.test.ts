import fc from 'fast-check';
import {
  parseTerms,
  unreachableRules,
  type CommissionRule,
  type Match,
  type Terms,
} from '../../libs/agreements/domain/index.js';
import {
  agreementPeriods,
  byTime,
  compileTerms,
  priceTimeline,
  RateTable,
  startOfTimeline,
  type PricedEvent,
} from '../../libs/commissions/domain/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { demoProgram } from '../support/demo-program.js';

const rule = (id: string, match?: Match, event = 'sale'): CommissionRule => ({
  ...{ id, event, reward: { kind: 'percent', rate: '5' } },
  ...(match && { match }),
});
const demo = demoProgram().terms;
const found = (...rules: CommissionRule[]): string[] => unreachableRules(rules).map(({ pointer }) => pointer);

/** Few values, so that rules meet each other and events meet rules. */
const subset = (values: string[]) => fc.subarray(values, { minLength: 1 });
const instants = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-02-01T07:00:00+07:00', '2026-03-01T00:00:00Z'];
const match: fc.Arbitrary<Match> = fc
  .record(
    {
      customer: fc.constantFrom<'new' | 'existing'>('new', 'existing'),
      minAmountMinor: fc.nat(3),
      tiers: subset(['bronze', 'silver', 'gold']),
      coupons: subset(['A', 'B']),
      products: subset(['cd', 'lp', 'book']),
      countries: subset(['US', 'ID']),
      campaigns: subset(['spring', 'fall']),
      from: fc.constantFrom(...instants),
      until: fc.constantFrom(...instants),
      withinFirst: fc.constantFrom('P0D', 'P28D', 'P30D', 'P31D', 'P1M', 'P4W', 'P1M3D', 'P59D', 'P2M', 'P60D'),
    },
    { requiredKeys: [] },
  )
  .filter(({ from, until }) => !from || !until || Date.parse(from) < Date.parse(until));
const fields = [
  'customer',
  'tiers',
  'products',
  'countries',
  'from',
  'until',
  'withinFirst',
  'minAmountMinor',
] as const;
/** One or two conditions: rules with all of them would hardly ever take each other's events. */
const sparseMatch = fc
  .tuple(match, fc.subarray([...fields], { maxLength: 2 }))
  .map(([full, kept]) => Object.fromEntries(kept.map((field) => [field, full[field]])) as Match)
  .map((sparse) => Object.fromEntries(Object.entries(sparse).filter(([, value]) => value !== undefined)) as Match);
const rules = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 1, arbitrary: match }, { weight: 5, arbitrary: sparseMatch }),
      fc.constantFrom('sale', 'sale', 'install'),
    ),
    {
      minLength: 2,
      maxLength: 6,
    },
  )
  .map((list) => list.map(([conditions, event], index) => rule(`rule-${index}`, conditions, event)));

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const event: fc.Arbitrary<Omit<PricedEvent, 'id'>> = fc.record({
  type: fc.constantFrom('sale', 'sale', 'install'),
  // By the day, so that events fall on the edges of windows and of months after a first sale.
  occurredAtMs: fc.integer({ min: -4, max: 92 }).map((day) => Date.UTC(2026, 0, 1) + day * 86_400_000),
  amountMinor: fc.bigInt({ min: 0n, max: 4n }),
  currency: fc.constant('USD'),
  customer: maybe(fc.constantFrom('x', 'y', 'z')),
  coupon: maybe(fc.constantFrom('A', 'B', 'C')),
  products: maybe(fc.subarray(['cd', 'lp', 'book', 'pen'])),
  country: maybe(fc.constantFrom('US', 'ID', 'DE')),
  campaign: maybe(fc.constantFrom('spring', 'fall')),
});

describe('a rule that is said to be unreachable', () => {
  it('never prices an event, whatever the rules, the events and the tiers', () => {
    let named = 0;
    fc.assert(
      fc.property(
        rules,
        fc.array(event, { maxLength: 60 }),
        fc.array(fc.constantFrom('bronze', 'silver', 'gold'), { maxLength: 3 }),
        fc.constantFrom('Etc/UTC', 'America/New_York'),
        (commissions, reported, tiers, timeZone) => {
          const pointers = found(...commissions);
          named += pointers.length;
          const terms = compileTerms({ ...demo, commissions, timeZone }, 'hash');
          const events = reported.map((each, index) => ({ ...each, id: `e-${index}` })).sort(byTime);
          const periods = tiers.map((tier, index) => ({ fromMs: Date.UTC(2026, index), tier }));
          const versions = agreementPeriods([{ fromMs: -Infinity, terms }]);
          const context = { versions, tiers: periods, rates: new RateTable() };
          for (const { outcome } of priceTimeline(events, startOfTimeline(), context)) {
            expect(pointers).not.toContain(`/commissions/${outcome.rule?.index}`);
          }
        },
      ),
      { numRuns: 2_000 },
    );
    // A property about nothing would hold as well.
    expect(named).toBeGreaterThan(200);
  });

  it('never prices an event by a time after the first sale either, on whatever day that was', () => {
    const durations = ['P28D', 'P29D', 'P30D', 'P31D', 'P1M', 'P4W', 'P1M3D', 'P59D', 'P61D', 'P2M', 'P62D'];
    const dayMs = 86_400_000;
    const events = Array.from({ length: 12 * 5 }, (_, index) => {
      const firstMs = Date.UTC(2026, Math.floor(index / 5), 27 + (index % 5));
      const sale = { type: 'sale', amountMinor: 1n, currency: 'USD', customer: `c-${index}` };
      return [0, ...Array.from({ length: 40 }, (_day, offset) => offset + 26)].map((day) => {
        return { ...sale, id: `${index}-${day}`, occurredAtMs: firstMs + day * dayMs };
      });
    })
      .flat()
      .sort(byTime);
    for (const [first, second] of durations.flatMap((one) => durations.map((other) => [one, other] as const))) {
      const commissions = [rule('a', { withinFirst: first }), rule('b', { withinFirst: second })];
      if (found(...commissions).length === 0) continue;
      const context = {
        versions: agreementPeriods([{ fromMs: -Infinity, terms: compileTerms({ ...demo, commissions }, 'hash') }]),
        ...{ tiers: [], rates: new RateTable() },
      };
      const priced = [...priceTimeline(events, startOfTimeline(), context)].map(({ outcome }) => outcome.rule?.id);
      expect([first, second, priced.includes('b')]).toEqual([first, second, false]);
    }
  });
});

describe('unreachable rules are found', () => {
  const cases: [string, Match | undefined, Match | undefined][] = [
    ['after a rule without conditions', undefined, { customer: 'new' }],
    ['where both say the same', { customer: 'new' }, { customer: 'new' }],
    ['by a lower minimum', { minAmountMinor: 500 }, { minAmountMinor: 1000 }],
    ['by a minimum of nothing', { minAmountMinor: 0 }, undefined],
    ['by a longer list of tiers', { tiers: ['silver', 'gold'] }, { tiers: ['gold'] }],
    ['by a longer list of coupons', { coupons: ['A', 'B'] }, { coupons: ['B'] }],
    ['by a longer list of products', { products: ['cd', 'lp'] }, { products: ['lp'] }],
    ['by a longer list of countries', { countries: ['US', 'ID'] }, { countries: ['ID'], customer: 'new' }],
    ['by a longer list of campaigns', { campaigns: ['spring', 'fall'] }, { campaigns: ['fall', 'spring'] }],
    ['by an earlier beginning', { from: '2026-01-01T00:00:00Z' }, { from: '2026-02-01T00:00:00Z' }],
    ['by the same beginning in another zone', { from: '2026-01-01T00:00:00Z' }, { from: '2026-01-01T07:00:00+07:00' }],
    ['by a later end', { until: '2026-03-01T00:00:00Z' }, { until: '2026-02-01T00:00:00Z' }],
    ['by a longer time after the first sale', { withinFirst: 'P12M' }, { withinFirst: 'P6M' }],
    ['by the same time in other units', { withinFirst: 'P1Y' }, { withinFirst: 'P12M' }],
    ['by days that no months reach', { withinFirst: 'P62D' }, { withinFirst: 'P2M' }],
    ['by any time at all, for new customers', { withinFirst: 'P1D' }, { customer: 'new' }],
  ];
  it.each(cases)('%s', (_what, earlier, later) => {
    expect(found(rule('first', earlier), rule('second', later))).toEqual(['/commissions/1']);
  });

  it('where a time after the first sale tells of an existing customer', () => {
    const [first, second] = [
      rule('a', { customer: 'existing' }, 'install'),
      rule('b', { withinFirst: 'P1M' }, 'install'),
    ];
    expect(found(first, second)).toEqual(['/commissions/1']);
    expect(found({ ...first, event: 'sale' }, { ...second, event: 'sale' })).toEqual([]);
  });

  it('each with the first rule that takes its events, by pointers', () => {
    const commissions = [rule('a', { countries: ['US'] }), rule('b'), rule('c', { countries: ['US'] }), rule('d')];
    const terms: Terms = { ...demo, commissions };
    const refusal = ((): unknown => {
      try {
        return parseTerms(terms);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(DomainError);
    expect((refusal as DomainError).errors).toEqual([
      { pointer: '/commissions/2', message: 'is never reached: /commissions/0 takes every event first' },
      { pointer: '/commissions/3', message: 'is never reached: /commissions/1 takes every event first' },
    ]);
  });
});

describe('rules are left alone', () => {
  const cases: [string, CommissionRule, CommissionRule][] = [
    ['of another event', rule('a'), rule('b', undefined, 'install')],
    ['with a wider condition', rule('a', { customer: 'new' }), rule('b')],
    ['for the other customers', rule('a', { customer: 'new' }), rule('b', { customer: 'existing' })],
    ['with a lower minimum', rule('a', { minAmountMinor: 1000 }), rule('b', { minAmountMinor: 500 })],
    ['with one value more', rule('a', { products: ['cd'] }), rule('b', { products: ['cd', 'lp'] })],
    ['that begin earlier', rule('a', { from: '2026-02-01T00:00:00Z' }), rule('b', { from: '2026-01-01T00:00:00Z' })],
    ['that end later', rule('a', { until: '2026-02-01T00:00:00Z' }), rule('b', { until: '2026-03-01T00:00:00Z' })],
    ['with one condition less', rule('a', { customer: 'new', tiers: ['gold'] }), rule('b', { customer: 'new' })],
    ['where the calendar decides', rule('a', { withinFirst: 'P30D' }), rule('b', { withinFirst: 'P1M' })],
    ['where the calendar decides the other way', rule('a', { withinFirst: 'P1M' }), rule('b', { withinFirst: 'P29D' })],
  ];
  it.each(cases)('%s', (_what, first, second) => {
    expect(found(first, second)).toEqual([]);
  });
});

import fc from 'fast-check';
import {
  agreementPeriods,
  compileTerms,
  explainEvent,
  priceEvent,
  priceTimeline,
  RateTable,
  startOfTimeline,
  type PricedEvent,
  type PricingContext,
  type TierPeriod,
} from '../../libs/commissions/domain/index.js';
import { parseTerms, type CommissionRule, type Terms } from '../../libs/agreements/domain/index.js';

const hash = 'a'.repeat(64);

function terms(commissions: CommissionRule[], more: Partial<Terms> = {}): Terms {
  return parseTerms({
    schema: 'pactline.terms/1',
    currency: 'USD',
    commissions,
    payment: { frequency: 'monthly', holding: 'P30D', minimumMinor: 0, methods: ['bank_transfer'] },
    term: { length: 'P12M', renewal: 'auto', notice: 'P30D' },
    ...more,
  });
}

function rule(match: CommissionRule['match'], rate = '10', id = 'r'): CommissionRule {
  return { id, event: 'sale', reward: { kind: 'percent', rate }, ...(match && { match }) };
}

function event(fields: Partial<PricedEvent> & { at?: string } = {}): PricedEvent {
  const { at = '2026-03-01T00:00:00Z', ...rest } = fields;
  return { id: 'e1', type: 'sale', occurredAtMs: Date.parse(at), amountMinor: 1000n, currency: 'USD', ...rest };
}

function context(document: Terms, tiers: TierPeriod[] = [], rates = new RateTable()): PricingContext {
  return { versions: agreementPeriods([{ fromMs: -Infinity, terms: compileTerms(document, hash) }]), tiers, rates };
}

/** The result of one event under one rule, together with what the explanation says. */
function tryRule(
  match: CommissionRule['match'],
  priced: PricedEvent,
  more: { tiers?: TierPeriod[]; terms?: Partial<Terms> } = {},
) {
  const facts = context(terms([rule(match)], more.terms), more.tiers);
  const trace = explainEvent(priced, startOfTimeline(), facts);
  const { amountMinor, reason } = priceEvent(priced, startOfTimeline(), facts);
  expect(trace.outcome).toBe(reason ?? 'line');
  return { matches: amountMinor > 0n, failed: trace.rules[0]?.failed };
}

describe('match', () => {
  it('compares the event type', () => {
    expect(tryRule({}, event({ type: 'install' })).failed).toEqual({
      condition: 'event',
      expected: 'sale',
      seen: 'install',
    });
  });

  it.each([
    ['minAmountMinor', { minAmountMinor: 1000 }, {}, { amountMinor: 999n }, 999],
    ['coupons', { coupons: ['A', 'B'] }, { coupon: 'B' }, { coupon: 'b' }, 'b'],
    ['coupons', { coupons: ['A'] }, { coupon: 'A' }, {}, null],
    ['products', { products: ['cd', 'lp'] }, { products: ['mc', 'lp'] }, { products: ['mc'] }, ['mc']],
    ['products', { products: ['cd'] }, { products: ['cd'] }, { products: [] }, []],
    ['products', { products: ['cd'] }, { products: ['cd'] }, {}, null],
    ['countries', { countries: ['US'] }, { country: 'US' }, { country: 'DE' }, 'DE'],
    ['campaigns', { campaigns: ['launch'] }, { campaign: 'launch' }, {}, null],
    ['customer', { customer: 'new' as const }, { customer: 'c' }, {}, null],
    ['from', { from: '2026-03-01T01:00:00+01:00' }, {}, { at: '2026-02-28T23:59:59.999Z' }, '2026-02-28T23:59:59.999Z'],
    [
      'until',
      { until: '2026-03-01T00:00:00.001Z' },
      {},
      { at: '2026-03-01T00:00:00.001Z' },
      '2026-03-01T00:00:00.001Z',
    ],
  ])('%s holds or fails, and the trace says with what', (name, match, holding, failing, seen) => {
    expect(tryRule(match, event(holding))).toEqual({ matches: true, failed: undefined });
    const condition = { condition: `match.${name}`, expected: (Object.values(match) as unknown[])[0], seen };
    expect(tryRule(match, event(failing))).toEqual({ matches: false, failed: condition });
  });

  it('names the first condition that fails, in the order of the document format', () => {
    expect(tryRule({ until: '2020-01-01T00:00:00Z', countries: ['US'] }, event()).failed?.condition).toBe(
      'match.countries',
    );
  });

  it('compares the tier of the instant: the recorded one, else the first of the list, else none', () => {
    const list = [
      { name: 'bronze', from: 0 },
      { name: 'gold', from: 100 },
    ];
    const withList = {
      terms: { tiers: { lookback: 'P90D', requalify: 'month', metric: 'amount', graceReviews: 0, list } },
    } as const;
    const from = (at: string, tier: string) => ({ fromMs: Date.parse(at), tier });
    const gold = { tiers: ['gold'] };
    expect(tryRule({ tiers: ['bronze'] }, event(), withList).matches).toBe(true);
    expect(tryRule(gold, event(), withList).failed?.seen).toBe('bronze');
    expect(tryRule(gold, event()).failed?.seen).toBeNull();
    expect(tryRule(gold, event(), { ...withList, tiers: [from('2026-03-01T00:00:00Z', 'gold')] }).matches).toBe(true);
    expect(
      tryRule(gold, event(), { ...withList, tiers: [from('2026-03-01T00:00:00.001Z', 'gold')] }).failed?.seen,
    ).toBe('bronze');
    const passed = [from('2026-01-01T00:00:00Z', 'gold'), from('2026-02-01T00:00:00Z', 'bronze')];
    expect(tryRule(gold, event(), { tiers: passed }).failed?.seen).toBe('bronze');
  });
});

describe('customers', () => {
  const facts = context(
    terms([
      rule({ customer: 'new' }, '10', 'new'),
      rule({ customer: 'existing', withinFirst: 'P1M' }, '5', 'early'),
      rule({ customer: 'existing' }, '1', 'late'),
      { ...rule({ withinFirst: 'P1M' }, '2', 'other'), event: 'install' },
    ]),
  );
  const rulesOf = (events: PricedEvent[]) =>
    [...priceTimeline(events, startOfTimeline(), facts)].map(({ outcome }) => outcome.rule?.id);

  it('are new once, whatever their first sale was worth', () => {
    const at = '2026-01-31T00:00:00Z';
    expect(
      rulesOf([
        event({ id: 'a', at, customer: 'c', amountMinor: 0n }),
        event({ id: 'b', at, customer: 'c' }),
        event({ id: 'c', at: '2026-02-27T23:59:59.999Z', customer: 'c' }),
        event({ id: 'd', at: '2026-02-28T00:00:00Z', customer: 'c' }),
        event({ id: 'e', at: '2026-03-01T00:00:00Z', customer: 'd' }),
        event({ id: 'f', at: '2026-03-01T00:00:00Z' }),
      ]),
    ).toEqual(['new', 'early', 'early', 'late', 'new', undefined]);
  });

  it('have a first sale only by a sale: another event before it matches no withinFirst', () => {
    expect(
      rulesOf([
        event({ id: 'a', type: 'install', customer: 'c' }),
        event({ id: 'b', customer: 'c' }),
        event({ id: 'c', type: 'install', customer: 'c' }),
      ]),
    ).toEqual([undefined, 'new', 'other']);
  });

  it('are not made by a sale that is held for want of a rate', () => {
    const [held, next] = priceTimeline(
      [event({ id: 'a', customer: 'c', currency: 'EUR' }), event({ id: 'b', customer: 'c' })],
      startOfTimeline(),
      facts,
    );
    expect(held?.outcome).toMatchObject({ reason: 'no_rate', amountMinor: 0n });
    expect(next?.outcome.rule?.id).toBe('new');
  });

  it('are made by a sale that no agreement covered', () => {
    const { terms: compiled } = facts.versions[0]!;
    const fromMs = Date.parse('2026-03-01T00:00:00Z');
    const later = { ...facts, versions: agreementPeriods([{ fromMs, terms: compiled }]) };
    const [before, after] = priceTimeline(
      [event({ id: 'a', at: '2026-02-28T23:59:59.999Z', customer: 'c' }), event({ id: 'b', customer: 'c' })],
      startOfTimeline(),
      later,
    );
    expect(before?.outcome.reason).toBe('no_agreement');
    expect(after?.outcome.rule?.id).toBe('early');
  });
});

describe('versions', () => {
  it('hold from their start to before their end', () => {
    const ms = (at: string) => Date.parse(at);
    const version = (fromMs: number, untilMs: number | undefined, rate: string) => ({
      fromMs,
      untilMs,
      terms: compileTerms(terms([rule({}, rate)]), hash),
    });
    const [one, two, three] = [
      ms('2026-01-01T00:00:00Z'),
      ms('2026-02-01T00:00:00Z'),
      ms('2026-03-01T00:00:00Z'),
    ] as const;
    const versions = agreementPeriods([version(one, two, '1'), version(two, three, '2')]);
    const facts = { versions, tiers: [], rates: new RateTable() };
    const amountAt = (occurredAtMs: number) =>
      priceEvent({ ...event(), occurredAtMs }, startOfTimeline(), facts).amountMinor;
    expect([one - 1, one, two - 1, two, three - 1, three].map(amountAt)).toEqual([0n, 10n, 10n, 20n, 20n, 0n]);
  });
});

describe('a line', () => {
  it('comes from the first rule that matches, also when it is zero', () => {
    const facts = context(
      terms([{ ...rule({ minAmountMinor: 1 }, '50', 'capped'), limits: { perEventMinor: 0 } }, rule({}, '10', 'next')]),
    );
    const outcome = priceEvent(event(), startOfTimeline(), facts);
    expect(outcome).toMatchObject({ amountMinor: 0n, reason: 'zero', rule: { id: 'capped', clause: '2.1' } });
  });

  it('is the exact percentage, rounded once, half to even', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
        fc.integer({ min: 0, max: 100_000_000 }),
        (amountMinor, millionths) => {
          const rate = `${Math.floor(millionths / 1e6)}.${String(millionths % 1e6).padStart(6, '0')}`.replace(
            /\.?0+$/,
            '',
          );
          const canonical = millionths < 1e6 && !rate.startsWith('0') ? `0${rate}` : rate || '0';
          const facts = context(terms([rule({}, canonical)]));
          const line = priceEvent(event({ amountMinor }), startOfTimeline(), facts).amountMinor;
          // |line − exact| ≤ 1/2, and at exactly 1/2 the line is even.
          const twiceOff = 2n * (line * 100_000_000n - amountMinor * BigInt(millionths));
          const distance = twiceOff < 0n ? -twiceOff : twiceOff;
          expect(distance <= 100_000_000n).toBe(true);
          if (distance === 100_000_000n) expect(line % 2n).toBe(0n);
        },
      ),
    );
  });

  it.each([
    [50n, 0n],
    [150n, 2n],
    [250n, 2n],
    [251n, 3n],
  ])('of 1 percent of %s is %s', (amountMinor, expected) => {
    expect(priceEvent(event({ amountMinor }), startOfTimeline(), context(terms([rule({}, '1')]))).amountMinor).toBe(
      expected,
    );
  });

  it('is explained with the numbers before and after rounding and limits', () => {
    const document = terms([
      rule({ countries: ['US'] }, '5', 'us'),
      { ...rule({}, '12.5', 'all'), limits: { perEventMinor: 1000 } },
    ]);
    const facts = context(document, [], new RateTable([{ date: '2026-03-01', from: 'EUR', to: 'USD', rate: '1.1' }]));
    const trace = explainEvent(event({ amountMinor: 10_005n, currency: 'EUR' }), startOfTimeline(), facts);
    expect(trace).toEqual({
      event: 'e1',
      occurredAt: '2026-03-01T00:00:00.000Z',
      outcome: 'line',
      agreement: { termsHash: hash, currency: 'USD' },
      amount: { amountMinor: 10_005, currency: 'EUR', convertedMinor: 11_006 },
      tier: null,
      earlierSale: null,
      rules: [
        { rule: 'us', clause: '2.1', failed: { condition: 'match.countries', expected: ['US'], seen: null } },
        { rule: 'all', clause: '2.2' },
      ],
      calculation: {
        rule: 'all',
        clause: '2.2',
        reward: { kind: 'percent', rate: '12.5' },
        exactMinor: '1375.75',
        roundedMinor: 1376,
        limits: [
          { limit: 'perEvent', maxMinor: 1000, givenMinor: 0, beforeMinor: 1376, afterMinor: 1000, clamped: true },
        ],
        amountMinor: 1000,
      },
      milestones: [],
    });
    expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
  });
});

describe('explaining', () => {
  it('leaves the state alone and tells what pricing does', () => {
    const facts = context(terms([rule({ customer: 'new' }, '10', 'new'), rule({}, '1', 'old')]));
    const state = startOfTimeline();
    const first = event({ id: 'a', customer: 'c' });
    expect(explainEvent(first, state, facts).rules).toEqual([{ rule: 'new', clause: '2.1' }]);
    expect(explainEvent(first, state, facts).earlierSale).toBeNull();
    priceEvent(first, state, facts);
    const trace = explainEvent(event({ id: 'b', customer: 'c', at: '2026-04-01T00:00:00Z' }), state, facts);
    expect(trace).toMatchObject({
      earlierSale: '2026-03-01T00:00:00.000Z',
      calculation: { rule: 'old', amountMinor: 10 },
    });
  });

  it('says that no version was in force, and that a rate is missing', () => {
    const none = explainEvent(event(), startOfTimeline(), { versions: [], tiers: [], rates: new RateTable() });
    expect(none).toMatchObject({ outcome: 'no_agreement', rules: [] });
    expect(none).not.toHaveProperty('agreement');
    const held = explainEvent(event({ currency: 'EUR' }), startOfTimeline(), context(terms([rule({})])));
    expect(held).toMatchObject({ outcome: 'no_rate', rules: [], agreement: { currency: 'USD' } });
  });
});

describe('exchange rates', () => {
  const at = Date.parse('2026-01-01T23:59:59.999Z');
  const table = (rate: string, from = 'EUR', to = 'USD') => new RateTable([{ date: '2026-01-01', from, to, rate }]);

  it('are per major unit, with the exponents of both currencies', () => {
    expect(table('150', 'USD', 'JPY').convert(1000n, 'USD', 'JPY', at)).toBe(1500n);
    expect(table('0.0067', 'JPY', 'USD').convert(1000n, 'JPY', 'USD', at)).toBe(670n);
    expect(table('2.65', 'BHD', 'USD').convert(1000n, 'BHD', 'USD', at)).toBe(265n);
  });

  it('round half to even', () => {
    expect(table('1.5').convert(1001n, 'EUR', 'USD', at)).toBe(1502n);
    expect(table('1.5').convert(1003n, 'EUR', 'USD', at)).toBe(1504n);
  });

  it('are neither inverted nor crossed nor carried to another day', () => {
    expect(table('2').convert(1n, 'USD', 'EUR', at)).toBeUndefined();
    expect(table('2').convert(1n, 'EUR', 'USD', at + 1)).toBeUndefined();
    expect(table('2').convert(1n, 'EUR', 'USD', at - 86_400_000)).toBeUndefined();
    expect(table('2').convert(7n, 'GBP', 'GBP', at)).toBe(7n);
  });

  it('that take an amount beyond the safe integers hold the event', () => {
    const facts = context(
      terms([rule({})]),
      [],
      new RateTable([{ date: '2026-03-01', from: 'EUR', to: 'USD', rate: '1000' }]),
    );
    const amountMinor = BigInt(Number.MAX_SAFE_INTEGER);
    const outcome = priceEvent(event({ currency: 'EUR', amountMinor }), startOfTimeline(), facts);
    expect(outcome).toMatchObject({ reason: 'out_of_range', amountMinor: 0n });
  });

  it.each(['0', '-1', '1e3', '', '1,5', '.5'])('are refused when they are %j', (rate) => {
    expect(() => table(rate)).toThrow(RangeError);
  });

  it('are refused for a day that is none, and when two differ', () => {
    const rate = { date: '2026-01-01', from: 'EUR', to: 'USD', rate: '1.5' };
    expect(() => new RateTable([{ ...rate, date: '2026-02-30' }])).toThrow(RangeError);
    expect(() => new RateTable([rate, { ...rate, rate: '1.6' }])).toThrow(RangeError);
    expect(() => new RateTable([rate, { ...rate, rate: '1.50' }])).not.toThrow();
  });
});

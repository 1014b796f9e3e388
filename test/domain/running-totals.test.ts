import {
  explainEvent,
  priceTimeline,
  RateTable,
  startOfTimeline,
  type PricedEvent,
} from '../../libs/commissions/domain/index.js';
import type { Bonus, CommissionRule, Terms } from '../../libs/agreements/domain/index.js';
import { lines, play, sales, steps, under, type Sale } from '../support/priced-sales.js';

type Banded = Extract<CommissionRule['reward'], { kind: 'banded' }>;

const bands = [
  { from: 0, rate: '5' },
  { from: 1000, rate: '10' },
  { from: 3000, rate: '20' },
];

function banded(fields: Partial<Banded> = {}): CommissionRule {
  const reward = { kind: 'banded', basis: 'amount', period: 'month', mode: 'marginal', bands, ...fields } as const;
  return { id: 'v', event: 'sale', reward };
}

describe('a banded reward', () => {
  const sold: Sale[] = [
    ['2026-01-01', 600],
    ['2026-01-02', 600],
    ['2026-01-03', 3000],
    ['2026-02-01', 600],
    ['2026-04-01', 600],
    ['2027-01-01', 600],
  ];

  it.each([
    // 600 x 5 % = 30; 400 x 5 % + 200 x 10 % = 40; 1800 x 10 % + 1200 x 20 % = 420.
    ['marginal', 'amount', 'month', [30, 40, 420, 30, 30, 30]],
    // February goes on in the first quarter: all of 600 lies above 3000.
    ['marginal', 'amount', 'quarter', [30, 40, 420, 120, 30, 30]],
    ['marginal', 'amount', 'year', [30, 40, 420, 120, 120, 30]],
    ['marginal', 'amount', 'lifetime', [30, 40, 420, 120, 120, 120]],
    // The total with the event picks the band of all of it: 1200 x …; 600 x 10 % = 60; 3000 x 20 % = 600.
    ['whole', 'amount', 'month', [30, 60, 600, 30, 30, 30]],
    ['whole', 'amount', 'quarter', [30, 60, 600, 120, 30, 30]],
    ['whole', 'amount', 'year', [30, 60, 600, 120, 120, 30]],
    ['whole', 'amount', 'lifetime', [30, 60, 600, 120, 120, 120]],
  ] as const)('%s, by %s in the %s', (mode, basis, period, expected) => {
    expect(lines(under({ terms: { commissions: [banded({ mode, basis, period })] } }), sold)).toEqual(expected);
  });

  it.each([
    // The first and second at 5 %, from the third on 10 %, from the fifth 20 %.
    ['month', [30, 30, 300, 30, 30, 30]],
    ['quarter', [30, 30, 300, 60, 30, 30]],
    ['year', [30, 30, 300, 60, 120, 30]],
    ['lifetime', [30, 30, 300, 60, 120, 120]],
  ] as const)('by count in the %s: the ordinal picks the band in both modes', (period, expected) => {
    const byCount = [
      { from: 0, rate: '5' },
      { from: 3, rate: '10' },
      { from: 5, rate: '20' },
    ];
    for (const mode of ['marginal', 'whole'] as const) {
      const rule = banded({ mode, basis: 'count', period, bands: byCount });
      expect([mode, lines(under({ terms: { commissions: [rule] } }), sold)]).toEqual([mode, expected]);
    }
  });

  it('counts in the months of the zone of the terms', () => {
    // In Jakarta the second is in February already.
    const list: Sale[] = [
      ['2026-01-31T16:59:59.999Z', 1000],
      ['2026-01-31T17:00:00Z', 1000],
    ];
    const commissions = [banded()];
    expect(lines(under({ terms: { commissions, timeZone: 'Asia/Jakarta' } }), list)).toEqual([50, 50]);
    expect(lines(under({ terms: { commissions } }), list)).toEqual([50, 100]);
  });

  it('reaches a band with a total that is equal to where it begins', () => {
    const context = under({ terms: { commissions: [banded({ mode: 'whole' })] } });
    expect(lines(context, [['2026-01-01', 999]])).toEqual([50]); // 49.95
    expect(lines(context, [['2026-01-01', 1000]])).toEqual([100]);
  });

  it('counts an event whose own line is zero, and none that another rule has taken', () => {
    const commissions: CommissionRule[] = [
      { id: 'a', event: 'sale', match: { coupons: ['X'] }, reward: { kind: 'percent', rate: '1' } },
      { ...banded(), limits: { perEventMinor: 0 } },
    ];
    const taken: Sale = ['2026-01-01', 5000, { coupon: 'X' }];
    const zero = under({ terms: { commissions } });
    expect(lines(zero, [taken, ['2026-01-02', 1000], ['2026-01-03', 1000]])).toEqual([50, 0, 0]);
    const free = under({
      terms: {
        commissions: [
          commissions[0]!,
          banded({
            bands: [
              { from: 0, rate: '0' },
              { from: 1000, rate: '10' },
            ],
          }),
        ],
      },
    });
    expect(lines(free, [taken, ['2026-01-02', 1000], ['2026-01-03', 1000]])).toEqual([50, 0, 100]);
  });

  it('is rounded once, not slice by slice', () => {
    // 5 x 10 % + 5 x 10 % = 0.5 + 0.5 = 1; each part alone would be rounded to 0.
    const half = [
      { from: 0, rate: '10' },
      { from: 5, rate: '10' },
    ];
    expect(lines(under({ terms: { commissions: [banded({ bands: half })] } }), [['2026-01-01', 10]])).toEqual([1]);
  });

  it('counts amounts of another currency as they are converted, and nothing that has no rate', () => {
    const rates = new RateTable([{ date: '2026-01-01', from: 'EUR', to: 'USD', rate: '2' }]);
    const context = { ...under({ terms: { commissions: [banded()] } }), rates };
    const euros = { currency: 'EUR' };
    // 500 EUR are 1000 USD: 50; without a rate nothing is counted; then 100 USD above 1000.
    expect(
      lines(context, [
        ['2026-01-01', 500, euros],
        ['2026-01-02', 500, euros],
        ['2026-01-03', 100],
      ]),
    ).toEqual([50, 0, 10]);
  });

  it('says in its explanation what was counted and how the amount was cut', () => {
    const context = under({ terms: { commissions: [banded()] } });
    const [first, second] = sales([
      ['2026-01-01', 600],
      ['2026-01-02', 600],
    ]) as [PricedEvent, PricedEvent];
    const state = startOfTimeline();
    play(priceTimeline([first], state, context));
    const slices = [
      { from: 0, rate: '5', amountMinor: 400 },
      { from: 1000, rate: '10', amountMinor: 200 },
    ];
    const reward = {
      kind: 'banded',
      basis: 'amount',
      mode: 'marginal',
      period: '2026-01',
      before: 600,
      after: 1200,
      slices,
    };
    for (let again = 0; again < 2; again += 1) {
      const { calculation } = explainEvent(second, state, context);
      expect(calculation).toMatchObject({ reward, exactMinor: '40', amountMinor: 40 });
    }
  });
});

describe('limits', () => {
  const rule = (limits: CommissionRule['limits']): CommissionRule => {
    return { id: 'r', event: 'sale', reward: { kind: 'percent', rate: '10' }, ...(limits && { limits }) };
  };
  const under10 = (limits: CommissionRule['limits']) => under({ terms: { commissions: [rule(limits)] } });
  const month: Sale[] = [
    ['2026-01-01', 600],
    ['2026-01-02', 600],
    ['2026-01-03', 600],
    ['2026-02-01', 600],
    ['2026-04-01', 600],
  ];

  it.each([
    [{ perPeriod: { period: 'month', maxMinor: 100 } }, [60, 40, 0, 60, 60]],
    [{ perPeriod: { period: 'quarter', maxMinor: 130 } }, [60, 60, 10, 0, 60]],
    [{ perPeriod: { period: 'year', maxMinor: 130 } }, [60, 60, 10, 0, 0]],
    [{ lifetimeMinor: 190 }, [60, 60, 60, 10, 0]],
    // Each clamps what the one before has left; what a line gave is what counts.
    [{ perEventMinor: 50, perPeriod: { period: 'month', maxMinor: 120 }, lifetimeMinor: 165 }, [50, 50, 20, 45, 0]],
    [{ perPeriod: { period: 'month', maxMinor: 0 } }, [0, 0, 0, 0, 0]],
  ] as const)('%j', (limits, expected) => {
    expect(lines(under10(limits), month)).toEqual(expected);
  });

  it('are named by the outcome where they cut, the last one that did', () => {
    const limits = { perEventMinor: 50, perPeriod: { period: 'month', maxMinor: 120 }, lifetimeMinor: 165 } as const;
    const priced = [...priceTimeline(sales(month), startOfTimeline(), under10(limits))];
    expect(priced.map(({ outcome }) => outcome.clampedBy)).toEqual([
      ...['perEvent', 'perEvent', 'perPeriod'],
      ...['lifetime', 'lifetime'],
    ]);
    expect(priced.at(-1)?.outcome.reason).toBe('zero');
  });

  it('are explained with what was given before', () => {
    const context = under10({ perPeriod: { period: 'month', maxMinor: 100 } });
    const [first, second] = sales(month) as [PricedEvent, PricedEvent];
    const state = startOfTimeline();
    play(priceTimeline([first], state, context));
    expect(explainEvent(second, state, context).calculation?.limits).toEqual([
      { limit: 'perPeriod', maxMinor: 100, givenMinor: 60, beforeMinor: 60, afterMinor: 40, clamped: true },
    ]);
  });
});

describe('a credit', () => {
  it('is given once per event, whatever the amount, and may be limited', () => {
    const reward = { kind: 'credit', amountMinor: 300, of: 'store_credit' } as const;
    const commissions: CommissionRule[] = [{ id: 'k', event: 'sale', reward, limits: { lifetimeMinor: 700 } }];
    const list: Sale[] = [
      ['2026-01-01', 0],
      ['2026-01-02', 9],
      ['2026-01-03', 5000],
    ];
    expect(lines(under({ terms: { commissions } }), list)).toEqual([300, 300, 100]);
  });
});

describe('from one version to the next', () => {
  const before = { until: '2026-01-10T00:00:00Z' };
  const after = { from: '2026-01-10T00:00:00Z' };
  const list: Sale[] = [
    ['2026-01-01', 1000],
    ['2026-01-20', 100],
  ];
  const both = (first: Partial<Terms>, second: Partial<Terms>) =>
    under({ terms: first, ...before }, { terms: second, ...after });
  const ruled = (rule: CommissionRule, more: Partial<Terms> = {}): Partial<Terms> => ({ commissions: [rule], ...more });

  it('totals go on while a rule’s id, basis and period, the currency and the zone stay, whatever its rates', () => {
    const other = banded({
      bands: [
        { from: 0, rate: '5' },
        { from: 500, rate: '50' },
      ],
      mode: 'whole',
    });
    expect(lines(both(ruled(banded()), ruled(other)), list)).toEqual([50, 50]);
  });

  it.each([
    ['id', ruled({ ...banded(), id: 'w' })],
    [
      'basis',
      ruled(
        banded({
          basis: 'count',
          bands: [
            { from: 0, rate: '5' },
            { from: 2, rate: '10' },
          ],
        }),
      ),
    ],
    ['period', ruled(banded({ period: 'quarter' }))],
    ['zone', ruled(banded(), { timeZone: 'Europe/London' })],
  ])('they start again with another %s', (_what, second) => {
    // 5 % of 100; going on it would be 10 %.
    expect(lines(both(ruled(banded()), second), list)).toEqual([50, 5]);
  });

  it('they start again after a version without the rule', () => {
    const context = under(
      { terms: ruled(banded()), until: '2026-01-10T00:00:00Z' },
      { terms: {}, from: '2026-01-10T00:00:00Z', until: '2026-01-12T00:00:00Z' },
      { terms: ruled(banded()), from: '2026-01-12T00:00:00Z' },
    );
    expect(lines(context, list)).toEqual([50, 5]);
  });

  it('limits go on, and milestones with the steps that were reached', () => {
    const limited: CommissionRule = {
      id: 'r',
      event: 'sale',
      reward: { kind: 'percent', rate: '10' },
      limits: { lifetimeMinor: 105 },
    };
    const dearer: CommissionRule = { ...limited, reward: { kind: 'percent', rate: '20' } };
    expect(lines(both(ruled(limited), ruled(dearer)), list)).toEqual([100, 5]);
    const bonus: Bonus = {
      id: 'm',
      kind: 'milestone',
      event: 'sale',
      metric: 'count',
      period: 'month',
      steps: [{ at: 1, amountMinor: 5 }],
    };
    const more: Bonus = {
      ...bonus,
      steps: [
        { at: 1, amountMinor: 9 },
        { at: 2, amountMinor: 7 },
      ],
    };
    expect(steps(both({ bonuses: [bonus] }, { bonuses: [more] }), list)).toEqual(['0 m 1 5', '1 m 2 7']);
    const anew: Bonus = { ...more, period: 'lifetime' };
    expect(steps(both({ bonuses: [bonus] }, { bonuses: [anew] }), list)).toEqual(['0 m 1 5', '1 m 1 9']);
  });
});

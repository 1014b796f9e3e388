import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseTerms, type Terms } from '../../libs/agreements/domain/index.js';
import { standardProgram } from '../../tools/client/index.js';
import { eventsOf, type RehearsedEvent } from '../../tools/rehearse/events.js';
import { differences, priceOffline } from '../../tools/rehearse/offline-check.js';
import { PartnerTotals, writePartnerTotals } from '../../tools/simulate/partner-totals.js';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const inputs = { read: 0, repeats: [], faults: [] };

/** Two orders of one customer of each of two partners, and a refund of the first of all. */
function events(): RehearsedEvent[] {
  const order = (ref: string, partnerRef: string, on: string, amountMinor: bigint) => ({
    ...{ ref, line: 1, customer: 'c', orderedAt: day(on), amountMinor, partnerRef },
  });
  const orders = [
    ...[order('a1', 'ada', '2025-01-10', 10_000n), order('a2', 'ada', '2025-02-10', 20_000n)],
    ...[order('b1', 'bo', '2025-01-11', 30_000n), order('b2', 'bo', '2025-03-11', 40_000n)],
  ];
  const refund = { ref: 'r1', line: 1, orderRef: 'a1', refundedAt: day('2025-01-20'), amountMinor: 10_000n };
  return eventsOf({ orders: { ...inputs, rows: orders }, refunds: { ...inputs, rows: [refund] } });
}

const standard = standardProgram().terms;
const terms = (more: object): Terms => parseTerms({ ...standard, ...more });
const percent = { id: 'orders', event: 'sale', reward: { kind: 'percent', rate: '10' } };

function totalsOf(...rows: [partner: string, currency: string, amountMinor: number][]): PartnerTotals {
  const totals = new PartnerTotals();
  for (const [partner, currency, amountMinor] of rows) totals.add(partner, currency, amountMinor);
  return totals;
}

describe('what the engine alone gives', () => {
  const facts = { tiers: new Map(), lastCutOff: day('2025-05-01') };

  it('is the sum of commissions and reversals by partner', () => {
    const totals = priceOffline(events(), { ...facts, terms: terms({ commissions: [percent] }) });
    // ada: 10.00 + 20.00 - 10.00; bo: 30.00 + 40.00
    expect(totals.sorted()).toEqual([
      { partner: 'ada', currency: 'USD', lines: 3, amountMinor: 2_000n },
      { partner: 'bo', currency: 'USD', lines: 2, amountMinor: 7_000n },
    ]);
  });

  it('goes by the tiers that reviews have recorded', () => {
    const list = [
      { name: 'bronze', from: 0 },
      { name: 'gold', from: 25_000 },
    ];
    const tiers = { lookback: 'P60D', requalify: 'month', metric: 'amount', graceReviews: 0, list };
    const gold = { ...percent, id: 'gold', match: { tiers: ['gold'] }, reward: { kind: 'percent', rate: '20' } };
    const reviewed = new Map([['bo', [{ fromMs: day('2025-02-01').getTime(), tier: 'gold' }]]]);
    const totals = priceOffline(events(), {
      ...{ ...facts, tiers: reviewed },
      terms: terms({ commissions: [gold, percent], tiers }),
    });
    // bo: 30.00 × 100 % of 10 %, then 400.00 × 20 % = 80.00
    expect(totals.of('bo', 'USD')?.amountMinor).toBe(3_000n + 8_000n);
    expect(totals.of('ada', 'USD')?.amountMinor).toBe(2_000n);
  });

  it('has the bonuses that fell due before the last cut-off, and none after it', () => {
    const bonuses = [{ id: 'ltv', kind: 'lifetime_value', after: 'P2M', rate: '1' }];
    const withBonus = terms({ commissions: [percent], bonuses });
    const until = (lastCutOff: Date | undefined) =>
      priceOffline(events(), { ...facts, terms: withBonus, lastCutOff }).of('bo', 'USD')?.amountMinor;
    // bo's customer came on 11 January: on 11 March its one sale before that day, 300.00 × 1 %, falls due.
    expect(until(undefined)).toBe(7_000n);
    expect(until(day('2025-03-11'))).toBe(7_000n);
    expect(until(new Date(day('2025-03-11').getTime() + 1))).toBe(7_300n);
  });
});

describe('the comparison with the engine alone', () => {
  it('finds nothing where all is the same', () => {
    const rows: Parameters<typeof totalsOf> = [
      ['ada', 'USD', 5],
      ['bo', 'EUR', -3],
    ];
    expect(differences(totalsOf(...rows), totalsOf(...rows.reverse()))).toEqual([]);
  });

  it.each([
    [
      'a cent',
      totalsOf(['ada', 'USD', 5]),
      totalsOf(['ada', 'USD', 6]),
      ['USD 0.05 in 1 lines, and USD 0.06 in 1 lines'],
    ],
    [
      'a currency',
      totalsOf(['ada', 'USD', 5]),
      totalsOf(['ada', 'EUR', 5]),
      ['USD 0.05 in 1 lines, and USD 0.00 in 0 lines', 'EUR 0.00 in 0 lines, and EUR 0.05 in 1 lines'],
    ],
    [
      'a line that cancels another',
      totalsOf(['ada', 'USD', 5]),
      totalsOf(['ada', 'USD', 7], ['ada', 'USD', -2]),
      ['USD 0.05 in 1 lines, and USD 0.05 in 2 lines'],
    ],
    [
      'a partner that it alone has',
      totalsOf(),
      totalsOf(['ada', 'USD', 1]),
      ['USD 0.00 in 0 lines, and USD 0.01 in 1 lines'],
    ],
    [
      'a partner that it has not',
      totalsOf(['ada', 'USD', 1]),
      totalsOf(),
      ['USD 0.01 in 1 lines, and USD 0.00 in 0 lines'],
    ],
  ])('names %s', (_, live, offline, expected) => {
    const words = expected.map((each) => `ada earned ${each} by the engine alone`);
    expect(differences(live, offline)).toEqual(words);
  });
});

describe('totals by partner as CSV', () => {
  it('are sorted, quoted where they must be, and without partners that have no line', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-totals-'));
    try {
      const file = path.join(folder, 'T.csv');
      writePartnerTotals(file, totalsOf(['b, "c"', 'USD', 1], ['a', 'USD', 2], ['a', 'EUR', 9], ['a', 'USD', -5]));
      expect(readFileSync(file, 'utf8')).toBe(
        'partner,currency,lines,amount_minor\na,EUR,1,9\na,USD,2,-3\n"b, ""c""",USD,1,1\n',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

import { runSimulation } from '../support/simulate.js';
import { termsWith } from '../support/terms-with.js';

describe('events that name no partner', () => {
  const shared = { customer: 'c', currency: 'USD', type: 'sale', amountMinor: 10_001 };
  const click = (id: string, partner: string, day: string) => {
    return { id, kind: 'click', partner, customer: 'c', occurredAt: `2026-01-${day}T00:00:00Z` };
  };
  const attribution = { model: 'linear', window: 'P10D' } as const;
  const sale = { ...shared, id: 's1', occurredAt: '2026-01-05T00:00:00Z' };

  it('are refused where no touches are given', async () => {
    const { stderr, lines } = await runSimulation({ terms: termsWith({ attribution }), events: [sale] });
    expect([stderr, lines]).toEqual(['line 1: /partner is missing\n', []]);
  });

  it('are divided by the touches, and refunds with them', async () => {
    const refund = { id: 'r1', type: 'refund', refundOf: 's1', amountMinor: 5_000, occurredAt: '2026-01-06T00:00:00Z' };
    const late = { ...shared, id: 's2', occurredAt: '2026-01-12T00:00:00Z' };
    const { lines, stdout, stderr } = await runSimulation({
      ...{ terms: termsWith({ attribution }), events: [refund, late, sale] },
      touches: [click('t1', 'a', '01'), click('t2', 'b', '02'), click('t1', 'c', '02'), 'nonsense', { id: 't3' }],
    });
    // 10,001 is 5,001 and 5,000, of which 10 % are 500 each; 5,000 of 10,001 take half of it back, half to even. The windows
    // of both are closed ten days after the 2nd.
    expect(lines?.map(({ partner, event, amountMinor }) => [partner, event, amountMinor])).toEqual([
      ...[
        ['a', 's1', 500],
        ['b', 's1', 500],
        ['a', 'r1', -250],
        ['b', 'r1', -250],
      ],
    ]);
    expect(stdout).toContain('unattributed: 1');
    expect(stderr).toContain('touches, line 4: is not JSON');
    expect(stderr).toContain('touches, line 5: ');
  });

  it('belong to the partner of the coupon that they used, and of the click that they name', async () => {
    const codes = [['SPRING', 'b']];
    const { lines } = await runSimulation({
      ...{ terms: termsWith({ attribution: { ...attribution, model: 'last_touch' } }), codes },
      events: [
        { ...sale, coupon: ' spring ' },
        { ...sale, id: 's2', customer: undefined, click: 'k' },
        { ...sale, id: 's3', customer: 'd', click: 'k' },
        { ...sale, id: 's4', customer: 'd' },
      ],
      touches: [{ ...click('k', 'a', '01'), customer: undefined }, click('t', 'a', '04')],
    });
    expect(lines?.map(({ partner, event }) => [partner, event])).toEqual([
      ['b', 's1'],
      ['a', 's2'],
      ['a', 's3'],
      ['a', 's4'],
    ]);
  });
});

import fc from 'fast-check';
import {
  agreementPeriods,
  commissionLine,
  compileTerms,
  explainReversal,
  priceEvent,
  RateTable,
  reverse,
  reversalLine,
  reversedOriginal,
  startOfTimeline,
  type Original,
  type Reversal,
  type ReversedOriginal,
} from '../../libs/commissions/domain/index.js';
import { divideHalfEven } from '../../libs/kernel/rounding.js';
import { parseTerms } from '../../libs/agreements/domain/index.js';

const day = 86_400_000;

function original(lineMinor: bigint, amountMinor: bigint, reversal: 'proportional' | 'whole' = 'proportional') {
  return { kind: 'conversion', occurredAtMs: 0, amountMinor, line: { amountMinor: lineMinor, reversal } } as const;
}

const refund = (id: string, amountMinor: bigint, occurredAtMs = day): Reversal => ({
  kind: 'refund',
  id,
  occurredAtMs,
  amountMinor,
});
const taken = (id: string, occurredAtMs = day): Reversal => ({ kind: 'void', id, occurredAtMs });

/** The amounts and reasons, in the order of judgement. */
function judged(of: Original, ...reversals: Reversal[]) {
  return reverse(of, reversals).map(({ outcome: { amountMinor, reason } }) => reason ?? amountMinor);
}

describe('refunds', () => {
  it('take a proportional line back part by part, rounded on the sum', () => {
    expect(judged(original(5n, 100n), refund('a', 33n), refund('b', 33n), refund('c', 34n))).toEqual([-2n, -1n, -2n]);
  });

  it('take a flat line back at the full amount alone', () => {
    expect(judged(original(200n, 100n, 'whole'), refund('a', 99n), refund('b', 1n))).toEqual(['refund_partial', -200n]);
  });

  it('are judged by time, then id, in whatever order they come', () => {
    const reversals = [refund('b', 600n), refund('a', 600n), refund('c', 400n, 2 * day), taken('v', 3 * day)];
    const results = reverse(original(100n, 1000n), reversals.reverse());
    expect(results.map(({ reversal }) => reversal.id)).toEqual(['a', 'b', 'c', 'v']);
    expect(results.map(({ outcome }) => outcome.amountMinor)).toEqual([-60n, 0n, -40n, 0n]);
    expect(results[1]?.outcome).toMatchObject({ reason: 'refund_exceeds', effective: false, refundedMinor: 600n });
  });

  it.each<[string, Original, Reversal[], string[]]>([
    ['before their event', original(10n, 100n), [refund('a', 1n, -1)], ['refund_before_event']],
    ['of a priceless event', original(200n, 0n, 'whole'), [refund('a', 0n)], ['refund_of_priceless']],
    ['of a refund', { kind: 'refund' }, [refund('a', 1n), taken('v')], ['refund_of_refund', 'void_of_refund']],
    ['of a void', { kind: 'void' }, [refund('a', 1n), taken('v')], ['refund_of_void', 'void_of_void']],
    ['of a held event', { ...original(0n, 100n), line: undefined, held: true }, [refund('a', 1n)], ['no_rate']],
    [
      'of an event without a line',
      { ...original(0n, 100n), line: undefined },
      [refund('a', 1n)],
      ['refund_without_line'],
    ],
    ['of nothing', original(10n, 100n), [refund('a', 0n)], ['zero']],
  ])('have no line %s', (_name, of, reversals, reasons) => {
    expect(judged(of, ...reversals)).toEqual(reasons);
  });

  it('at the instant of their event have effect, whatever their id', () => {
    expect(judged(original(10n, 100n), refund('!', 100n, 0))).toEqual([-10n]);
  });

  it('never take back more than the line, and exactly the line with the whole amount', () => {
    const amounts = fc.array(fc.bigInt({ min: 0n, max: 1000n }), { maxLength: 12 });
    const kind = fc.constantFrom('proportional' as const, 'whole' as const);
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 5000n }),
        fc.bigInt({ min: 1n, max: 3000n }),
        kind,
        amounts,
        (line, amount, how, parts) => {
          let total = 0n;
          for (const { outcome } of reverse(
            original(line, amount, how),
            parts.map((part, index) => refund(`r${index}`, part)),
          )) {
            expect(outcome.amountMinor <= 0n).toBe(true);
            total -= outcome.amountMinor;
            expect(outcome.reversedMinor).toBe(total);
            const target = how === 'whole' ? 0n : divideHalfEven(line * outcome.refundedMinor, amount);
            expect(total).toBe(outcome.refundedMinor === amount ? line : target);
            expect(outcome.refundedMinor <= amount && total <= line).toBe(true);
          }
        },
      ),
    );
  });
});

describe('voids', () => {
  it('take back what refunds left, and end it', () => {
    const results = judged(
      original(100n, 1000n),
      refund('a', 400n),
      taken('v', 2 * day),
      refund('b', 1n, 3 * day),
      taken('w', 4 * day),
    );
    expect(results).toEqual([-40n, -60n, 'refund_after_void', 'void_after_void']);
  });

  it('have no effect before their event', () => {
    expect(judged(original(100n, 1000n), taken('v', -1), refund('a', 1000n))).toEqual(['void_before_event', -100n]);
  });

  it('take back flat lines of priceless events', () => {
    expect(judged(original(200n, 0n, 'whole'), taken('v'))).toEqual([-200n]);
    expect(judged({ ...original(0n, 0n), line: undefined }, taken('v'))).toEqual(['void_without_line']);
  });
});

describe('a reversal line', () => {
  const terms = compileTerms(
    parseTerms({
      schema: 'pactline.terms/1',
      currency: 'USD',
      timeZone: 'Asia/Jakarta',
      commissions: [{ id: 'r', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
      payment: { frequency: 'monthly', holding: 'P30D', minimumMinor: 0, methods: ['bank_transfer'] },
      term: { length: 'P12M', renewal: 'auto', notice: 'P30D' },
    }),
    'f'.repeat(64),
  );
  const versions = agreementPeriods([{ fromMs: 0, terms, versionId: 'agv_1' }]);
  const context = { versions, tiers: [], rates: new RateTable() };
  const sale = {
    id: 'e',
    type: 'sale',
    occurredAtMs: Date.UTC(2026, 0, 31, 16, 59),
    amountMinor: 1000n,
    currency: 'USD',
  };

  it('belongs to the rule, clause and version of its original, and to its own month', () => {
    const outcome = priceEvent(sale, startOfTimeline(), context);
    expect(commissionLine(sale, outcome)).toEqual({
      kind: 'commission',
      eventId: 'e',
      ruleId: 'r',
      clause: '2.1',
      termsHash: 'f'.repeat(64),
      versionId: 'agv_1',
      amountMinor: 100n,
      currency: 'USD',
      occurredAt: new Date('2026-01-31T16:59:00Z'),
      period: '2026-01',
    });
    const of: ReversedOriginal = reversedOriginal(sale, outcome);
    const [result] = reverse(of, [refund('x', 400n, Date.UTC(2026, 0, 31, 17))]);
    expect(reversalLine(result!.reversal, result!.outcome, 'e', outcome)).toMatchObject({
      kind: 'reversal',
      eventId: 'x',
      of: 'e',
      ruleId: 'r',
      amountMinor: -40n,
      period: '2026-02',
    });
    expect(explainReversal(sale, outcome, result!)).toEqual({
      event: 'x',
      of: 'e',
      occurredAt: '2026-01-31T17:00:00.000Z',
      outcome: 'line',
      rule: 'r',
      clause: '2.1',
      termsHash: 'f'.repeat(64),
      eventMinor: 1000,
      refundedMinor: 400,
      lineMinor: 100,
      reversedMinor: 40,
      amountMinor: -40,
    });
  });

  it('is not there for what has none', () => {
    const outcome = priceEvent({ ...sale, type: 'install' }, startOfTimeline(), context);
    expect(commissionLine(sale, outcome)).toBeUndefined();
    const [result] = reverse(reversedOriginal(sale, outcome), [refund('x', 400n)]);
    expect(reversalLine(result!.reversal, result!.outcome, 'e', outcome)).toBeUndefined();
    expect(explainReversal(sale, outcome, result!)).toMatchObject({ outcome: 'refund_before_event', amountMinor: 0 });
  });
});

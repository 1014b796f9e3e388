import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { reviewTier } from '../../libs/commissions/domain/index.js';
import { periodStarts } from '../../libs/kernel/calendar.js';
import { refund, sale, startMoneyServices, termsWith, voidOf, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'test' };
const tiers: NonNullable<Terms['tiers']> = {
  ...{ lookback: 'P1M', requalify: 'month', metric: 'amount', graceReviews: 1 },
  list: [
    { name: 'bronze', from: 0 },
    { name: 'silver', from: 20_000 },
    { name: 'gold', from: 50_000 },
  ],
};
const terms: Terms = termsWith({
  commissions: [
    { id: 'gold', event: 'sale', match: { tiers: ['gold'] }, reward: { kind: 'percent', rate: '20' } },
    { id: 'silver', event: 'sale', match: { tiers: ['silver'] }, reward: { kind: 'percent', rate: '15' } },
    { id: 'base', event: 'sale', reward: { kind: 'percent', rate: '10' } },
  ],
  tiers,
});

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

async function newProgram(own: Terms = terms) {
  const programId = await seedProgram(money.database);
  const from = new Date('2026-01-01T00:00:00Z');
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms: own, effectiveFrom: from });
  const ingest = (...events: unknown[]) => money.commissions.ingest(programId, events, actor);
  const cutOff = (at: string) => money.commissions.vest({ programId, cutOffMs: Date.parse(at), actorId: 'system' });
  const held = async () => {
    const rows = await money.database.query<{ text: string }>(
      `select to_char(from_at at time zone 'UTC', 'MM-DD') || ' ' || tier as text from partner_tiers
       where partner_id = $1 order by from_at`,
      [partnerId],
    );
    return rows.map(({ text }) => text);
  };
  const lines = async () => {
    const rows = await money.database.query<{ text: string }>(
      `select event_id || ' ' || rule_id || ' ' || amount_minor as text from commission_lines
       where program_id = $1 and amount_minor <> 0 order by occurred_at, event_id`,
      [programId],
    );
    return rows.map(({ text }) => text);
  };
  const reviews = async () => {
    const found = await money.commissions.tierReviewsOf(partnerId);
    return found.map(({ boundary, value, earned, tier, failedInRow }) => {
      return `${boundary.slice(0, 10)} ${value} ${earned} ${tier} ${failedInRow}`;
    });
  };
  return { programId, partnerId, ingest, cutOff, held, lines, reviews };
}

const at = (id: string, day: string, amountMinor: number, fields: Record<string, unknown> = {}) =>
  sale(id, { occurredAt: `2026-${day}T12:00:00Z`, amountMinor, ...fields });

describe('reviews of tiers', () => {
  test('move up at once, from the boundary on, and price again what came since', async () => {
    const { ingest, cutOff, held, lines, reviews } = await newProgram();
    await ingest(at('a', '01-10', 60_000), at('b', '02-02', 10_000));
    // The boundary itself is no cut-off after the boundary.
    await cutOff('2026-02-01T00:00:00Z');
    expect(await reviews()).toEqual([]);
    await cutOff('2026-02-03T00:00:00Z');
    expect(await reviews()).toEqual(['2026-02-01 60000 gold gold 0']);
    expect(await held()).toEqual(['02-01 gold']);
    expect(await lines()).toEqual(['a base 6000', 'b gold 2000']);
  });

  test('move down only after more failures in a row than are forgiven, then to the tier that is earned', async () => {
    const { ingest, cutOff, held, reviews } = await newProgram();
    await ingest(at('a', '01-10', 60_000), at('b', '04-10', 30_000));
    await cutOff('2026-06-15T00:00:00Z');
    expect((await reviews()).reverse()).toEqual([
      '2026-02-01 60000 gold gold 0',
      '2026-03-01 0 bronze gold 1',
      '2026-04-01 0 bronze bronze 0',
      '2026-05-01 30000 silver silver 0',
      '2026-06-01 0 bronze silver 1',
    ]);
    expect(await held()).toEqual(['02-01 gold', '04-01 bronze', '05-01 silver']);
  });

  test('are facts: what comes late, or is run again, changes none', async () => {
    const { ingest, cutOff, held, reviews } = await newProgram();
    await ingest(at('a', '01-10', 10_000));
    await cutOff('2026-02-10T00:00:00Z');
    await ingest(at('late', '01-20', 90_000));
    await cutOff('2026-02-10T00:00:00Z');
    expect(await reviews()).toEqual(['2026-02-01 10000 bronze bronze 0']);
    expect(await held()).toEqual([]);
  });

  test('take off refunds and voids that are dated before the boundary, and no others', async () => {
    const { ingest, cutOff, reviews } = await newProgram();
    await ingest(at('a', '01-10', 30_000), at('b', '01-11', 30_000), at('c', '01-12', 30_000));
    await ingest(refund('r', 'a', 10_000, '2026-01-31T23:59:59Z'), voidOf('v', 'b', '2026-01-31T00:00:00Z'));
    await ingest(voidOf('w', 'c', '2026-02-01T00:00:00Z'));
    await cutOff('2026-02-02T00:00:00Z');
    expect(await reviews()).toEqual(['2026-02-01 50000 gold gold 0']);
  });

  test.each([
    { metric: 'count' as const, value: 3 },
    { metric: 'new_customers' as const, value: 2 },
  ])('count sales that are not taken back whole: $metric', async ({ metric, value }) => {
    const list = [
      { name: 'bronze', from: 0 },
      { name: 'gold', from: value },
    ];
    const { ingest, cutOff, reviews } = await newProgram({
      ...terms,
      commissions: [terms.commissions[2]!],
      tiers: { ...tiers, metric, list },
    });
    await ingest(
      at('a', '01-10', 100, { customer: 'c1' }),
      at('b', '01-11', 100, { customer: 'c1' }),
      at('c', '01-12', 100, { customer: 'c2' }),
      at('d', '01-13', 100, { customer: 'c3' }),
      refund('r', 'd', 100, '2026-01-14T00:00:00Z'),
      { ...at('e', '01-15', 100, { customer: 'c4' }), type: 'install' },
    );
    await cutOff('2026-02-02T00:00:00Z');
    expect(await reviews()).toEqual([`2026-02-01 ${value} gold gold 0`]);
  });

  test('look back no further than the terms say, and only where the agreement was in force', async () => {
    const { partnerId, ingest, cutOff, reviews } = await newProgram();
    await ingest(at('a', '01-10', 20_000), sale('edge', { occurredAt: '2026-02-01T00:00:00Z', amountMinor: 50_000 }));
    await money.owner.query(
      `update agreement_versions set in_force = tstzrange(lower(in_force), '2026-03-01T00:00:00Z') where partner_id = $1`,
      [partnerId],
    );
    await cutOff('2026-06-01T00:00:00Z');
    expect(await reviews()).toEqual(['2026-02-01 20000 silver silver 0']);
  });
});

describe('the rule of a review', () => {
  const review = (value: number, current: string | undefined, failedBefore = 0, graceReviews = 1) =>
    reviewTier(BigInt(value), { ...tiers, graceReviews }, { current, failedBefore });

  test('a threshold that is reached is met', () => {
    expect(review(19_999, 'bronze').tier).toBe('bronze');
    expect(review(20_000, 'bronze').tier).toBe('silver');
    expect(review(50_000, undefined).tier).toBe('gold');
  });

  test('without grace the first failure moves down', () => {
    expect(review(0, 'gold', 0, 0)).toEqual({ earned: 'bronze', tier: 'bronze', failedInRow: 0 });
  });

  test('a review that is met ends a row of failures', () => {
    expect(review(50_000, 'gold', 1)).toEqual({ earned: 'gold', tier: 'gold', failedInRow: 0 });
  });

  test('a tier that the list no longer has is left at once', () => {
    expect(review(20_000, 'diamond')).toEqual({ earned: 'silver', tier: 'silver', failedInRow: 0 });
  });

  test('months, quarters and years begin at midnight of their zone', () => {
    const starts = (period: 'month' | 'quarter' | 'year', zone: string) =>
      [
        ...periodStarts(period, zone, {
          after: new Date('2025-12-31T23:00:00Z'),
          before: new Date('2026-04-02T00:00:00Z'),
        }),
      ].map((start) => start.toISOString());
    expect(starts('month', 'Europe/Paris')).toEqual([
      '2026-01-31T23:00:00.000Z',
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ]);
    expect(starts('quarter', 'Etc/UTC')).toEqual(['2026-01-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z']);
    expect(starts('year', 'Etc/UTC')).toEqual(['2026-01-01T00:00:00.000Z']);
  });
});

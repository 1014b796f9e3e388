import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { checkBooks } from '../../libs/books/index.js';
import { activatedAt, BonusHouse, bonuses, ltv, rewards } from '../support/bonus-house.js';
import { refund, sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner } from '../support/seed-rows.js';
import { runSimulation } from '../support/simulate.js';

const actor = { actorId: 'test' };
const terms: Terms = termsWith({ ...rewards, bonuses: [...bonuses] });

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(async () => {
  // Whatever was priced, taken back and vested: the books keep what they promise.
  expect((await checkBooks(money.owner)).violations).toEqual([]);
  await money.close();
});

const house = (own: Terms = terms) => BonusHouse.open(money, own);

/** The bonus lines as they stand: event, rule and minor units. */
async function bonusLines({ programId }: BonusHouse): Promise<string[]> {
  const rows = await money.database.query<{ text: string }>(
    `select event_id || ' ' || rule_id || ' ' || amount_minor as text from commission_lines
     where program_id = $1 and kind = 'bonus' and amount_minor <> 0 order by occurred_at, event_id, rule_id`,
    [programId],
  );
  return rows.map(({ text }) => text);
}

/** A company's account, or all partners' of a code; minor units. */
async function balance({ programId }: BonusHouse, code: string): Promise<number> {
  const found = await money.ledger.balances(programId, { codes: [code] });
  return found.reduce((sum, { balanceMinor }) => sum + Number(balanceMinor), 0);
}

describe('fixed bonuses', () => {
  test('are booked up to the cut-off, which is not included, and once however often it runs', async () => {
    const own = await house();
    // The third retainer falls due at the very cut-off.
    await own.run('2025-04-15T12:00:00Z');
    const expected = [
      'welcome@2025-01-15T12:00:00Z welcome 10000',
      'base-fee@2025-02-15T12:00:00Z base-fee 5000',
      'base-fee@2025-03-15T12:00:00Z base-fee 5000',
    ];
    expect(await bonusLines(own)).toEqual(expected);
    await own.run('2025-04-15T12:00:00Z');
    await own.run('2025-02-01T00:00:00Z');
    expect(await bonusLines(own)).toEqual(expected);
    await own.run('2025-04-15T12:00:00.001Z');
    expect(await bonusLines(own)).toEqual([...expected, 'base-fee@2025-04-15T12:00:00Z base-fee 5000']);
    expect(await balance(own, 'bonus_expense')).toBe(25_000);
    expect(await balance(own, 'commission_expense')).toBe(0);
    expect((await balance(own, 'payable')) + (await balance(own, 'commission_accrued'))).toBe(25_000);
  });

  test('of two partners fall due at the same instants and stay apart', async () => {
    const own = await house();
    await seedPartner(money.database, {
      ...{ programId: own.programId, reference: 'p2', terms, activatedAt: new Date(activatedAt) },
      effectiveFrom: new Date(activatedAt),
    });
    await own.run('2025-03-01T00:00:00Z');
    await own.run('2025-03-01T00:00:00Z');
    expect(await bonusLines(own)).toEqual([
      ...Array<string>(2).fill('welcome@2025-01-15T12:00:00Z welcome 10000'),
      ...Array<string>(2).fill('base-fee@2025-02-15T12:00:00Z base-fee 5000'),
    ]);
  });

  test('leave out a retainer that falls due while the partner is suspended', async () => {
    const own = await house();
    await money.database.query(
      `insert into partner_suspensions (id, program_id, partner_id, cause, reason, actor_id, from_at, until_at)
       values ($1, $2, $3, 'other', 'test', 'test', '2025-02-15T12:00:00Z', '2025-03-15T12:00:00Z')`,
      [`sus_${own.partnerId.slice(4)}`, own.programId, own.partnerId],
    );
    await own.run('2025-04-01T00:00:00Z');
    expect(await bonusLines(own)).toEqual([
      'welcome@2025-01-15T12:00:00Z welcome 10000',
      'base-fee@2025-03-15T12:00:00Z base-fee 5000',
    ]);
  });

  test('are taken back when the agreement turns out to have ended before them', async () => {
    const own = await house();
    await own.run('2025-06-01T00:00:00Z');
    expect(await balance(own, 'bonus_expense')).toBe(30_000);
    await money.owner.query(
      `update agreement_versions set in_force = tstzrange(lower(in_force), '2025-03-01T00:00:00Z') where partner_id = $1`,
      [own.partnerId],
    );
    const since = Date.parse('2025-03-01T00:00:00Z');
    await money.commissions.repriceSince(own.programId, own.partnerId, since, actor);
    expect(await bonusLines(own)).toEqual([
      'welcome@2025-01-15T12:00:00Z welcome 10000',
      'base-fee@2025-02-15T12:00:00Z base-fee 5000',
    ]);
    expect(await balance(own, 'bonus_expense')).toBe(15_000);
  });
});

describe('participation bonuses', () => {
  test('are paid for each acceptance of their deliverable, once', async () => {
    const own = await house();
    const accept = (deliverable: string, at: string) =>
      money.commissions.acceptDeliverable(
        { ...own, deliverable, acceptedAt: new Date(at), reason: 'published' },
        actor,
      );
    const first = await accept('guest-blog', '2025-02-01T00:00:00Z');
    expect(await accept('guest-blog', '2025-02-01T00:00:00Z')).toEqual(first);
    await accept('guest-blog', '2025-02-03T00:00:00Z');
    await accept('podcast', '2025-02-04T00:00:00Z');
    // Before the agreement began, nothing was promised for it.
    await accept('guest-blog', '2025-01-01T00:00:00Z');
    expect((await bonusLines(own)).filter((line) => line.includes('article'))).toEqual([
      'article@2025-02-01T00:00:00Z article 15000',
      'article@2025-02-03T00:00:00Z article 15000',
    ]);
    expect(await money.commissions.acceptedDeliverables(own.partnerId)).toHaveLength(4);
  });

  test('are not paid for what lies in the future', async () => {
    const own = await house();
    const acceptedAt = new Date(Date.now() + 60_000);
    const accepted = { ...own, deliverable: 'guest-blog', acceptedAt, reason: 'soon' };
    await expect(money.commissions.acceptDeliverable(accepted, actor)).rejects.toMatchObject({
      code: 'invalid-document',
      errors: [{ pointer: '/acceptedAt' }],
    });
    expect(await money.commissions.acceptedDeliverables(own.partnerId)).toEqual([]);
  });
});

describe('lifetime values', () => {
  const noFixed = termsWith({ ...rewards, bonuses: [ltv] });
  const bought = (id: string, occurredAt: string, fields: Record<string, unknown> = {}) =>
    sale(id, { occurredAt, customer: 'c1', ...fields });

  test('count what a customer bought in its time, less what was taken back before the end of it', async () => {
    const own = await house(noFixed);
    const events = [
      bought('s1', '2025-02-01T00:00:00Z', { amountMinor: 40_000 }),
      bought('s2', '2025-04-30T23:59:59Z', { amountMinor: 10_000 }),
      bought('s3', '2025-05-01T00:00:00Z', { amountMinor: 99_000 }),
      refund('r1', 's1', 15_000, '2025-04-01T00:00:00Z'),
      refund('r2', 's2', 10_000, '2025-05-01T00:00:00Z'),
    ];
    await money.commissions.ingest(own.programId, events, actor);
    await own.run('2025-05-01T00:00:00Z');
    expect(await bonusLines(own)).toEqual([]);
    await own.run('2025-05-01T00:00:00.001Z');
    // 2 % of 400.00 - 150.00 + 100.00
    expect(await bonusLines(own)).toEqual(['s1 ltv 700']);
    const { lines } = await runSimulation({ terms: noFixed, events, activatedAt, asOf: '2025-05-01T00:00:00Z' });
    expect(lines?.filter(({ kind }) => kind === 'bonus')).toMatchObject([
      { event: 's1', rule: 'ltv', amountMinor: 700 },
    ]);
  });

  test('change with sales and refunds that come late, and move to an earlier first sale', async () => {
    const own = await house(noFixed);
    const ingest = (...events: Record<string, unknown>[]) => money.commissions.ingest(own.programId, events, actor);
    await ingest(bought('s1', '2025-03-01T00:00:00Z', { amountMinor: 40_000 }));
    await own.run('2025-07-01T00:00:00Z');
    expect(await bonusLines(own)).toEqual(['s1 ltv 800']);
    await ingest(bought('s2', '2025-03-02T00:00:00Z', { amountMinor: 10_000 }));
    expect(await bonusLines(own)).toEqual(['s1 ltv 1000']);
    await ingest(refund('r1', 's1', 20_000, '2025-03-03T00:00:00Z'));
    expect(await bonusLines(own)).toEqual(['s1 ltv 600']);
    await ingest(bought('s0', '2025-02-01T00:00:00Z', { amountMinor: 5_000 }));
    expect(await bonusLines(own)).toEqual(['s0 ltv 700']);
    expect(await balance(own, 'bonus_expense')).toBe(700);
    // What changes nothing of it leaves it alone.
    const revisions = () =>
      money.database.query(`select rule_id, revision from commission_lines where program_id = $1 and event_id = 's0'`, [
        own.programId,
      ]);
    const before = await revisions();
    await ingest(refund('r2', 's0', 100, '2025-06-01T00:00:00Z'));
    expect(await revisions()).toEqual(before);
    await ingest(bought('s4', '2025-06-02T00:00:00Z', { amountMinor: 10 }));
    // The sale's own line stays what it was: repricing the sale says nothing of its customer's value, nor the reverse.
    expect(await balance(own, 'commission_expense')).toBe(3_500 - 10 + 1);
  });

  test('of a customer whose time ends between two runs are found by the second', async () => {
    const own = await house(noFixed);
    await money.commissions.ingest(
      own.programId,
      [bought('s1', '2025-02-01T00:00:00Z'), bought('t1', '2025-02-20T00:00:00Z', { customer: 'c2' })],
      actor,
    );
    await own.run('2025-05-10T00:00:00Z');
    expect(await bonusLines(own)).toEqual(['s1 ltv 200']);
    await own.run('2025-06-10T00:00:00Z');
    expect(await bonusLines(own)).toEqual(['s1 ltv 200', 't1 ltv 200']);
  });
});

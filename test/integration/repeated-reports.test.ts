import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { SystemClock } from '../../libs/kernel/clock.js';
import { newAndOther, sale, startMoneyServices, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());
let programId: string;
beforeEach(async () => {
  programId = await seedProgram(money.database);
  await seedPartner(money.database, { programId, reference: 'p1', terms: newAndOther });
});
afterEach(() => void vi.restoreAllMocks());

/** What becomes of sales with these ids, and in how many transactions they were taken in. */
async function report(...ids: string[]): Promise<{ statuses: string[]; transactions: number }> {
  const begun = vi.spyOn(money.database, 'inTransaction');
  const events = ids.map((id) => sale(id, { customer: `customer of ${id}` }));
  const results = await money.commissions.ingest(programId, events, { actorId: 'test' });
  const transactions = begun.mock.calls.length;
  begun.mockRestore();
  return { statuses: results.map(({ status }) => status), transactions };
}

async function accruedMinor(): Promise<bigint> {
  const [account] = await money.ledger.balances(programId, { codes: ['commission_accrued'] });
  return account?.balanceMinor ?? 0n;
}

test('reports that are new take one transaction, with some that came before two', async () => {
  expect(await report('s1', 's2')).toEqual({ statuses: ['priced', 'priced'], transactions: 1 });
  const once = await accruedMinor();
  expect(await report('s3', 's2', 's1', 's4')).toEqual({
    statuses: ['priced', 'duplicate', 'duplicate', 'priced'],
    transactions: 2,
  });
  expect(await accruedMinor()).toBe(2n * once);
});

test('who has repeated a report a moment ago is not supposed to send new ones', async () => {
  await report('s1');
  expect((await report('s1')).transactions).toBe(2);
  expect((await report('s1')).transactions).toBe(1);
  const clock = vi.spyOn(SystemClock.prototype, 'now');
  const passMs = (ms: number): void => {
    const now = new Date(Date.now() + ms);
    clock.mockImplementation(() => now);
  };
  // Each repetition counts, not the first one alone.
  passMs(50_000);
  expect(await report('s2', 's1')).toEqual({ statuses: ['priced', 'duplicate'], transactions: 1 });
  passMs(100_000);
  expect((await report('s1')).transactions).toBe(1);
  passMs(170_000);
  expect(await report('s1')).toEqual({ statuses: ['duplicate'], transactions: 2 });
});

test('programs do not learn from each other’s repetitions', async () => {
  await report('s1');
  await report('s1');
  programId = await seedProgram(money.database);
  await seedPartner(money.database, { programId, reference: 'p1', terms: newAndOther });
  await report('s1');
  expect((await report('s1')).transactions).toBe(2);
});

test('what the database refuses for another reason is not sent again', async () => {
  await money.owner.query(
    `create function refuse_with_taken_key() returns trigger language plpgsql as $$
     begin raise exception 'taken' using errcode = 'unique_violation', constraint = 'commission_lines_pkey'; end $$`,
  );
  await money.owner.query(
    `create trigger refuse_with_taken_key before insert on commission_lines for each row execute function refuse_with_taken_key()`,
  );
  const begun = vi.spyOn(money.database, 'inTransaction');
  await expect(report('s1')).rejects.toThrow('taken');
  expect(begun).toHaveBeenCalledTimes(1);
  await money.owner.query(`drop function refuse_with_taken_key cascade`);
  expect((await report('s1')).statuses).toEqual(['priced']);
});

import { afterAll, beforeAll, expect, vi, test } from 'vitest';
import { newAndOther, refund, sale, startMoneyServices, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'test' };
const terms = newAndOther;
const minuteMs = 60_000;
const startMs = Date.parse('2026-01-01T00:00:00Z');

let money: MoneyServices;
// One connection, so that what it has read is counted as soon as it says so.
beforeAll(async () => void (money = await startMoneyServices({ connections: 1 })));
afterAll(() => money.close());

function saleAt(minute: number, customer: string): Record<string, unknown> {
  return sale(`s${minute}`, { customer, occurredAt: new Date(startMs + minute * minuteMs).toISOString() });
}

/** A partner with so many sales, one a minute, of few customers with long histories. */
async function partnerWithSales(count: number): Promise<string> {
  const programId = await seedProgram(money.database);
  await seedPartner(money.database, { programId, reference: 'p1', terms });
  for (let start = 0; start < count; start += 1_000) {
    const length = Math.min(1_000, count - start);
    const batch = Array.from({ length }, (_, index) => saleAt(start + index, `c${(start + index) % 5}`));
    await money.commissions.ingest(programId, batch, actor);
  }
  return programId;
}

interface Cost {
  statements: number;
  rows: number;
}

/** What a batch costs the database: statements sent, and rows and index entries read. */
async function costOf(programId: string, events: readonly unknown[]): Promise<Cost> {
  const before = await rowsRead();
  const sent = vi.spyOn(money.database.dataSource.logger, 'logQuery');
  const results = await money.commissions.ingest(programId, events, actor);
  const statements = sent.mock.calls.length;
  sent.mockRestore();
  expect(results.every(({ status }) => status === 'priced')).toBe(true);
  return { statements, rows: (await rowsRead()) - before };
}

async function rowsRead(): Promise<number> {
  await money.database.query(`select pg_stat_force_next_flush()`);
  const [row] = await money.database.query<{ rows: string }>(
    `select (select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables)
          + (select sum(idx_tup_read) from pg_stat_user_indexes) as rows`,
  );
  return Number(row?.rows);
}

test('an event in order costs the same however many came before it', async () => {
  const few = await partnerWithSales(10);
  const many = await partnerWithSales(10_000);
  await money.owner.query(`analyze`);
  const batches = (next: number) => [
    [saleAt(next, 'c1')], // of a customer with a long history
    [saleAt(next + 1, 'stranger')],
    [refund(`r${next}`, `s${next - 1}`, 100, '2027-01-01T00:00:00Z')],
  ];
  for (const [index, batch] of batches(10_000).entries()) {
    const afterFew = await costOf(few, batches(10)[index] as unknown[]);
    const afterMany = await costOf(many, batch);
    expect(afterMany.statements).toBe(afterFew.statements);
    expect(afterMany.rows).toBeLessThanOrEqual(afterFew.rows + 20);
    expect(afterMany.rows).toBeLessThan(200);
  }
});

test('a batch takes as many statements as a single event', async () => {
  const programId = await partnerWithSales(10);
  const one = await costOf(programId, [saleAt(10, 'c1')]);
  const batch = Array.from({ length: 300 }, (_, index) => saleAt(11 + index, `d${index % 50}`));
  const hundreds = await costOf(programId, batch);
  expect(hundreds.statements).toBeLessThanOrEqual(one.statements + 1);
});

test('a late sale reads the events of its customer that it affects, and prices no others', async () => {
  const programId = await partnerWithSales(0);
  await money.commissions.ingest(
    programId,
    [saleAt(10, 'c1'), saleAt(11, 'c2'), saleAt(12, 'c1'), saleAt(13, 'c2')],
    actor,
  );
  await money.commissions.ingest(programId, [saleAt(5, 'c2')], actor);
  const revisions = await money.database.query(
    `select event_id, rule_id, revision from commission_lines where program_id = $1 and revision > 1 or amount_minor = 0`,
    [programId],
  );
  expect(revisions).toEqual([{ event_id: 's11', rule_id: 'new', revision: 2 }]);
});

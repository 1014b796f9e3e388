import { afterAll, beforeAll, expect, test } from 'vitest';
import { rowOf, type Transaction } from '../../libs/database/index.js';
import { sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { withTriggersOff } from '../support/tampering.js';

const stranger = 'stranger';
const terms = termsWith({
  commissions: [{ id: 'all', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
});

let money: MoneyServices;
let programId: string;
beforeAll(async () => {
  money = await startMoneyServices();
  programId = await seedProgram(money.database);
  await seedPartner(money.database, { programId, reference: 'p1', terms });
  await money.commissions.ingest(programId, [sale('s1')], { actorId: 'test' });
});
afterAll(() => money.close());

/** Another row like the one that is there, with these values. */
function another(table: string, values: Record<string, unknown>): Promise<unknown> {
  return money.owner.query(
    `insert into ${table} overriding system value
     select (jsonb_populate_record(t, $1::jsonb)).* from ${table} t where program_id = $2 limit 1`,
    [JSON.stringify(values), programId],
  );
}

test.each([
  ['events', 'programs', { program_id: stranger }],
  ['events', 'partners', { id: 's2', partner_id: stranger }],
  ['commission_lines', 'programs', { program_id: stranger }],
  ['commission_lines', 'partners', { partner_id: stranger }],
  ['commission_lines', 'agreement_versions', { rule_id: 'other', agreement_version_id: stranger }],
  ['ledger_transactions', 'programs', { id: 'txn_2', program_id: stranger }],
])('a row of %s that names none of %s is refused', async (table, parent, values) => {
  await expect(another(table, values)).rejects.toMatchObject({
    code: '23503',
    message: expect.stringContaining(`which is not among ${parent}`),
  });
});

/** Two entries that sum to zero, in the first account of the program where none is named. */
function pair(transactionId: string, accountId?: number): Promise<unknown> {
  return money.owner.query(
    `insert into ledger_entries (program_id, transaction_id, account_id, amount_minor, currency)
     select $1, $2, coalesce($3, account_id), sign * 5, currency from ledger_entries e, (values (1), (-1)) as two (sign)
     where e.id = (select min(id) from ledger_entries where program_id = $1)`,
    [programId, transactionId, accountId],
  );
}

test('entries in an account that is not there are refused', async () => {
  await expect(pair(stranger, 1_000_000)).rejects.toMatchObject({
    code: '23503',
    message: expect.stringContaining('not among ledger_accounts'),
  });
});

test('entries of a transaction that is not there, or of another program, are refused', async () => {
  const refusal = { code: '23503', message: expect.stringContaining('not among ledger_transactions') };
  await expect(pair(stranger)).rejects.toMatchObject(refusal);
  const elsewhere = await seedProgram(money.database);
  await seedPartner(money.database, { programId: elsewhere, reference: 'p1', terms });
  await money.commissions.ingest(elsewhere, [sale('s1')], { actorId: 'test' });
  const [foreign] = await money.owner.query<{ id: string }>(
    `select id from ledger_transactions where program_id = $1 limit 1`,
    [elsewhere],
  );
  await expect(pair(foreign!.id)).rejects.toMatchObject(refusal);
});

test('members of a block that name no transaction of its program, or no block, are refused', async () => {
  const elsewhere = await seedProgram(money.database);
  await seedPartner(money.database, { programId: elsewhere, reference: 'p1', terms });
  await money.commissions.ingest(elsewhere, [sale('s1')], { actorId: 'test' });
  const idsOf = async (program: string): Promise<string[]> => {
    const text = `select id from ledger_transactions where program_id = $1 order by id`;
    return (await money.owner.query<{ id: string }>(text, [program])).map(({ id }) => id);
  };
  const [own, foreign] = [(await idsOf(programId))[0]!, (await idsOf(elsewhere))[0]!];
  const member = (transactionId: string, block: number): Promise<unknown> => {
    return money.owner.query(
      `insert into ledger_block_transactions (transaction_id, program_id, block_number, position, hash)
       values ($1, $2, $3, 9, 'x')`,
      [transactionId, programId, block],
    );
  };
  await money.chain.extend(programId);
  for (const id of [stranger, foreign]) {
    await expect(member(id, 1)).rejects.toMatchObject({
      code: '23503',
      message: expect.stringContaining('not among ledger_transactions'),
    });
  }
  await withTriggersOff(money.owner, async (tx) => {
    await tx.query(`delete from ledger_block_transactions where transaction_id = $1`, [own]);
  });
  await expect(member(own, 99)).rejects.toMatchObject({
    code: '23503',
    message: expect.stringContaining('99 which is not among ledger_blocks'),
  });
  await member(own, 1);
});

test('a line that is changed may not name another partner who is not there', async () => {
  const change = `update commission_lines set partner_id = $1 where program_id = $2`;
  await expect(money.owner.query(change, [stranger, programId])).rejects.toMatchObject({ code: '23503' });
});

test('what is named does not go', async () => {
  const fresh = async (table: string, id: string): Promise<void> => {
    await money.owner.query(
      `insert into ${table} select (jsonb_populate_record(t, $1::jsonb)).* from ${table} t where id = $2`,
      [JSON.stringify({ id, slug: id }), programId],
    );
  };
  await fresh('programs', 'prg_unnamed');
  await money.owner.query(`delete from programs where id = 'prg_unnamed'`);
  for (const table of ['events', 'ledger_transactions']) {
    const id = `prg_of_${table}`;
    await fresh('programs', id);
    await another(table, { id: `copy-of-${table}`, program_id: id, ...(table === 'events' && { partner_id: null }) });
    await expect(money.owner.query(`delete from programs where id = $1`, [id])).rejects.toMatchObject({
      code: '23503',
      message: expect.stringContaining(`is named by ${table}`),
    });
  }
});

/** How many rows of the ledger this transaction has read so far. */
async function ledgerRowsRead(tx: Transaction): Promise<number> {
  const row = await rowOf<{ count: number }>(
    tx,
    `select sum(seq_tup_read + idx_tup_fetch)::int as count from pg_stat_xact_user_tables
     where relname in ('ledger_transactions', 'ledger_accounts', 'ledger_blocks')`,
  );
  return row!.count;
}

test('what is named is looked up by its key, even where the planner would rather read all there is', async () => {
  await money.owner.inTransaction(async (tx) => {
    await tx.query(`set local enable_nestloop = off`);
    await tx.query(
      `insert into ledger_transactions (id, program_id, kind, idempotency_key, event_at, created_at, actor_id)
       select 'txn_copy' || n, program_id, kind, 'copy-' || n, event_at, created_at, actor_id
       from (select * from ledger_transactions where program_id = $1 limit 1) t, generate_series(1, 500) n`,
      [programId],
    );
    await tx.query(
      `insert into ledger_accounts (program_id, code, owner_id, currency, side)
       select program_id, code, 'copy-' || n, currency, side
       from (select * from ledger_accounts where program_id = $1 limit 1) a, generate_series(1, 500) n`,
      [programId],
    );
    const account = await rowOf<{ id: string; currency: string }>(
      tx,
      `select id, currency from ledger_accounts where program_id = $1 limit 1`,
      [programId],
    );
    const before = await ledgerRowsRead(tx);
    await tx.query(
      `insert into ledger_entries (program_id, transaction_id, account_id, amount_minor, currency)
       values ($1, 'txn_copy1', $2, 5, $3), ($1, 'txn_copy1', $2, -5, $3)`,
      [programId, account!.id, account!.currency],
    );
    await tx.query(
      `insert into ledger_block_transactions (transaction_id, program_id, block_number, position, hash)
       values ('txn_copy1', $1, 1, 1000, 'x')`,
      [programId],
    );
    expect((await ledgerRowsRead(tx)) - before).toBeLessThan(50);
  });
});

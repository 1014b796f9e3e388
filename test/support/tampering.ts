import type { Database, Transaction } from '../../libs/database/index.js';

const tables = [
  'ledger_accounts',
  'ledger_transactions',
  'ledger_entries',
  'ledger_blocks',
  'ledger_block_transactions',
  'ledger_periods',
  'ledger_period_balances',
  'payout_items',
  'payout_item_entries',
  'payout_attempts',
  'payout_batches',
  'payout_approvals',
  'payout_reconciliations',
];

/** What nobody but the owner of the tables can do: rows of the books are changed behind all triggers and constraints. */
export async function withTriggersOff<T>(owner: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return owner.inTransaction(async (tx) => {
    const keys: { table: string; name: string; definition: string }[] = await tx.query(
      `select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
       from pg_constraint where contype = 'f' and confrelid = any($1::text[]::regclass[])`,
      [tables],
    );
    for (const { table, name } of keys) await tx.query(`alter table ${table} drop constraint ${name}`);
    for (const table of tables) await tx.query(`alter table ${table} disable trigger user`);
    const result = await work(tx);
    for (const table of tables) await tx.query(`alter table ${table} enable trigger user`);
    for (const { table, name, definition } of keys) {
      await tx.query(`alter table ${table} add constraint ${name} ${definition} not valid`);
    }
    return result;
  });
}

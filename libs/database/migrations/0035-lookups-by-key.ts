import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A lookup in the body of a function, as it was and as it is now. */
interface Lookup {
  inFunction: string;
  byJoin: string;
  byKey: string;
}

/** A scalar subquery is never made a join, nor is a lateral one with an offset. */
const lookups: readonly Lookup[] = [
  {
    inFunction: 'ledger_refuse_foreign_currency',
    byJoin: `from added join ledger_accounts a on a.id = added.account_id`,
    byKey: `from (select distinct account_id, currency, program_id from added) added
                   cross join lateral (select * from ledger_accounts where id = added.account_id offset 0) a`,
  },
  {
    inFunction: 'ledger_entries_refuse_others',
    byJoin: `left join ledger_transactions t on t.id = named.transaction_id`,
    byKey: `left join lateral (select * from ledger_transactions where id = named.transaction_id offset 0) t on true`,
  },
  {
    inFunction: 'ledger_block_transactions_refuse_strangers',
    byJoin: `not exists (select from ledger_transactions t
                          where t.id = added.transaction_id and t.program_id = added.program_id)`,
    byKey: `(select t.program_id from ledger_transactions t where t.id = added.transaction_id)
              is distinct from added.program_id`,
  },
  {
    inFunction: 'ledger_block_transactions_refuse_strangers',
    byJoin: `not exists (select from ledger_blocks b
                          where b.program_id = named.program_id and b.number = named.block_number)`,
    byKey: `(select b.number from ledger_blocks b
               where b.program_id = named.program_id and b.number = named.block_number) is null`,
  },
];

/**
 * What new entries and members of blocks name is looked up by its key, row by row. A join leaves the planner free to read a
 * table whole, as is cheapest while it has a few rows, and a connection goes on so while the table grows: until the next
 * statistics came, a block of a thousand transactions could take seconds.
 */
export class LookupsByKey1760000000035 implements MigrationInterface {
  name = 'LookupsByKey1760000000035';

  async up(runner: QueryRunner): Promise<void> {
    for (const { inFunction, byJoin, byKey } of lookups) await replaceIn(runner, inFunction, byJoin, byKey);
    // As the others have it; a lookup by key then has an index alone to go by.
    await runner.query(`alter function ledger_refuse_foreign_currency() set enable_seqscan = off`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter function ledger_refuse_foreign_currency() reset enable_seqscan`);
    for (const { inFunction, byJoin, byKey } of lookups) await replaceIn(runner, inFunction, byKey, byJoin);
  }
}

/** Replaces a piece of a function's body. */
async function replaceIn(runner: QueryRunner, name: string, from: string, to: string): Promise<void> {
  const [row] = (await runner.query(`select pg_get_functiondef($1::regprocedure) as definition`, [`${name}()`])) as [
    { definition: string },
  ];
  if (!row.definition.includes(from)) throw new Error(`${name} does not have what is to be replaced`);
  await runner.query(row.definition.replace(from, () => to));
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns of a block's members that named rows of others, by the names of their constraints. */
const replacedKeys: Readonly<Record<string, string>> = {
  transaction_id: 'foreign key (transaction_id) references ledger_transactions (id)',
  program_id: 'foreign key (program_id) references programs (id)',
  program_id_block_number: 'foreign key (program_id, block_number) references ledger_blocks (program_id, number)',
};

/**
 * What the members of a block name is looked up once for all of them, as for events and lines: three foreign keys, checked row
 * by row, took more than half of the time in which a block was written. Blocks and transactions are append-only: what is named
 * cannot go, and a block's own program is known. A member must be of its block's program, too.
 */
export class BlockReferences1760000000034 implements MigrationInterface {
  name = 'BlockReferences1760000000034';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function ledger_block_transactions_refuse_strangers() returns trigger
      language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
      declare stranger text;
      begin
        select added.transaction_id into stranger from added
        where not exists (select from ledger_transactions t
                          where t.id = added.transaction_id and t.program_id = added.program_id) limit 1;
        if stranger is not null then
          raise exception 'ledger_block_transactions names % which is not among ledger_transactions', stranger
            using errcode = 'foreign_key_violation', constraint = 'ledger_block_transactions_transaction_id_fkey';
        end if;
        select named.block_number into stranger from (select distinct program_id, block_number from added) named
        where not exists (select from ledger_blocks b
                          where b.program_id = named.program_id and b.number = named.block_number) limit 1;
        if stranger is not null then
          raise exception 'ledger_block_transactions names % which is not among ledger_blocks', stranger
            using errcode = 'foreign_key_violation',
                  constraint = 'ledger_block_transactions_program_id_block_number_fkey';
        end if;
        return null;
      end $$`);
    await runner.query(`
      create trigger ledger_block_transactions_refuse_strangers after insert on ledger_block_transactions
      referencing new table as added for each statement execute function ledger_block_transactions_refuse_strangers()`);
    for (const columns of Object.keys(replacedKeys)) {
      await runner.query(
        `alter table ledger_block_transactions drop constraint ledger_block_transactions_${columns}_fkey`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [columns, key] of Object.entries(replacedKeys)) {
      await runner.query(
        `alter table ledger_block_transactions add constraint ledger_block_transactions_${columns}_fkey ${key}`,
      );
    }
    await runner.query(`drop trigger ledger_block_transactions_refuse_strangers on ledger_block_transactions`);
    await runner.query(`drop function ledger_block_transactions_refuse_strangers()`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

interface Reference {
  column: string;
  parent: string;
}

/** The columns of the tables that every event writes to, and that name rows of others by their id. */
const references: Readonly<Record<string, readonly Reference[]>> = {
  events: [
    { column: 'program_id', parent: 'programs' },
    { column: 'partner_id', parent: 'partners' },
  ],
  commission_lines: [
    { column: 'program_id', parent: 'programs' },
    { column: 'partner_id', parent: 'partners' },
    { column: 'agreement_version_id', parent: 'agreement_versions' },
  ],
  ledger_transactions: [{ column: 'program_id', parent: 'programs' }],
  ledger_entries: [{ column: 'account_id', parent: 'ledger_accounts' }],
};

/** What an entry names is checked with its account and its transaction, which are of the same program. */
const entryKeys = [
  { column: 'program_id', parent: 'programs' },
  { column: 'transaction_id', parent: 'ledger_transactions' },
];

/** Rows of these are never deleted or changed: nothing must be kept from going. */
const appendOnly = new Set(['ledger_accounts']);

/**
 * What events, lines and ledger entries name is looked up once for all rows of a statement, not once for each: checking
 * every row by a foreign key was half of what the database did for a batch of events. The guarantee stays: what is named
 * is there, is kept from going while the statement's transaction runs, and is never taken away afterwards.
 */
export class ReferencesByStatement1760000000029 implements MigrationInterface {
  name = 'ReferencesByStatement1760000000029';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function refuse_orphans() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
      declare is_named boolean;
      begin
        execute format('select exists (select from %I where %I = $1)', tg_argv[0], tg_argv[1]) into is_named using old.id;
        if is_named then
          raise exception '% of % is named by %', old.id, tg_table_name, tg_argv[0] using errcode = 'foreign_key_violation';
        end if;
        return null;
      end $$`);
    for (const [table, columns] of Object.entries(references)) {
      await runner.query(strangersFunction(table, columns));
      for (const change of ['insert', 'update']) {
        await runner.query(`
          create trigger ${table}_${change}_refuse_strangers after ${change} on ${table}
          referencing new table as added for each statement execute function ${table}_refuse_strangers()`);
      }
      for (const reference of columns) await this.replaceKey(runner, table, reference);
    }
    await this.checkEntriesOnce(runner);
  }

  private async replaceKey(runner: QueryRunner, table: string, { column, parent }: Reference): Promise<void> {
    await runner.query(`alter table ${table} drop constraint ${table}_${column}_fkey`);
    if (appendOnly.has(parent)) return;
    await runner.query(`
      create trigger ${parent}_named_by_${table} after delete or update of id on ${parent}
      for each row execute function refuse_orphans('${table}', '${column}')`);
  }

  /** One look at the transactions of new entries tells that they are there, complete with them, and in an open period. */
  private async checkEntriesOnce(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function ledger_entries_refuse_others() returns trigger
      language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
      declare
        program text;
        unknown text;
        complete text;
        earliest timestamptz;
        closed timestamptz;
      begin
        for program, unknown, complete, earliest in
          select named.program_id, min(named.transaction_id) filter (where t.id is null or t.program_id <> named.program_id),
                 min(t.id) filter (where t.xact_id <> pg_current_xact_id()), min(t.created_at)
          from (select distinct transaction_id, program_id from added) named
          left join ledger_transactions t on t.id = named.transaction_id
          group by named.program_id
        loop
          if unknown is not null then
            raise exception 'ledger_entries names % which is not among ledger_transactions', unknown
              using errcode = 'foreign_key_violation', constraint = 'ledger_entries_transaction_id_fkey';
          end if;
          if complete is not null then
            raise exception 'ledger transaction % is complete: no leg is added later', complete using errcode = 'check_violation';
          end if;
          perform pg_advisory_xact_lock_shared(ledger_period_lock(program));
          select max(until_at) into closed from ledger_periods where program_id = program;
          if earliest < closed then
            raise exception 'nothing is booked at % any more: the books of % are closed until %', earliest, program, closed
              using errcode = 'check_violation', constraint = 'ledger_closed_period';
          end if;
        end loop;
        return null;
      end $$`);
    await runner.query(`
      create trigger ledger_entries_refuse_others after insert on ledger_entries
      referencing new table as added for each statement execute function ledger_entries_refuse_others()`);
    for (const { column } of entryKeys) {
      await runner.query(`alter table ledger_entries drop constraint ledger_entries_${column}_fkey`);
    }
    for (const name of replacedTriggers) await runner.query(`drop trigger ${name} on ledger_entries`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name, checks] of Object.entries(functionsOfReplaced)) {
      await runner.query(`
        create trigger ${name} after insert on ledger_entries
        referencing new table as added for each statement execute function ${checks}()`);
    }
    await runner.query(`drop trigger ledger_entries_refuse_others on ledger_entries`);
    await runner.query(`drop function ledger_entries_refuse_others()`);
    for (const key of entryKeys) await restoreKey(runner, 'ledger_entries', key);
    for (const [table, columns] of Object.entries(references)) {
      for (const reference of columns) {
        await restoreKey(runner, table, reference);
        const { parent } = reference;
        if (!appendOnly.has(parent)) await runner.query(`drop trigger ${parent}_named_by_${table} on ${parent}`);
      }
      for (const change of ['insert', 'update']) {
        await runner.query(`drop trigger ${table}_${change}_refuse_strangers on ${table}`);
      }
      await runner.query(`drop function ${table}_refuse_strangers()`);
    }
    await runner.query(`drop function refuse_orphans()`);
  }
}

/** Triggers that this one replaces, with the functions that the way back needs. */
const functionsOfReplaced: Readonly<Record<string, string>> = {
  ledger_entries_closed_period: 'ledger_entries_refuse_closed_period',
  ledger_entries_no_later_legs: 'ledger_refuse_later_legs',
};
const replacedTriggers = Object.keys(functionsOfReplaced);

async function restoreKey(runner: QueryRunner, table: string, { column, parent }: Reference): Promise<void> {
  await runner.query(
    `alter table ${table} add constraint ${table}_${column}_fkey foreign key (${column}) references ${parent} (id)`,
  );
}

/** Named rows are locked as a foreign key locks them, so the function runs with the rights of the tables' owner. */
function strangersFunction(table: string, columns: readonly Reference[]): string {
  const checks = columns.map(({ column, parent }) => {
    const lock = appendOnly.has(parent) ? '' : ' for key share';
    return `
        with named as materialized (select distinct ${column} as id from added where ${column} is not null),
             known as materialized (select p.id from ${parent} p where p.id in (select id from named)${lock})
        select named.id into stranger from named where not exists (select from known where known.id = named.id) limit 1;
        if stranger is not null then
          raise exception '${table} names % which is not among ${parent}', stranger
            using errcode = 'foreign_key_violation', constraint = '${table}_${column}_fkey';
        end if;`;
  });
  return `
      create function ${table}_refuse_strangers() returns trigger
      language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
      declare stranger text;
      begin${checks.join('')}
        return null;
      end $$`;
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The journal's hash chain, closed booking periods, and what trial balances and statements by booking date read by. */
export class Books1760000000019 implements MigrationInterface {
  name = 'Books1760000000019';

  async up(runner: QueryRunner): Promise<void> {
    // Which database transaction wrote a row: below the oldest one that still runs nothing can be added any more, so a
    // block of the chain that ends there misses nothing, however late a posting commits.
    await runner.query(`alter table ledger_transactions add column xact_id xid8 not null default pg_current_xact_id()`);
    await runner.query(`create index ledger_transactions_xact on ledger_transactions (program_id, xact_id, id)`);
    await runner.query(`create index ledger_transactions_booked on ledger_transactions (program_id, created_at)`);
    await this.createChain(runner);
    await this.createPeriods(runner);
    for (const table of tables) {
      await runner.query(
        `create trigger ${table}_append_only before update or delete on ${table} for each statement execute function refuse_change()`,
      );
      await runner.query(
        `create trigger ${table}_no_truncate before truncate on ${table} for each statement execute function refuse_change()`,
      );
    }
  }

  private async createChain(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ledger_blocks (
        program_id text not null references programs (id),
        number bigint not null check (number >= 1),
        previous_hash text not null,
        hash text not null,
        transaction_count integer not null,
        until_xact_id xid8 not null,
        made_at timestamptz not null,
        primary key (program_id, number)
      )`);
    await runner.query(`
      create table ledger_block_transactions (
        transaction_id text primary key references ledger_transactions (id),
        program_id text not null references programs (id),
        block_number bigint not null,
        position integer not null,
        hash bytea not null,
        unique (program_id, block_number, position),
        foreign key (program_id, block_number) references ledger_blocks (program_id, number)
      )`);
  }

  private async createPeriods(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ledger_periods (
        program_id text not null references programs (id),
        period text not null check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
        from_at timestamptz,
        until_at timestamptz not null check (from_at < until_at),
        time_zone text not null,
        closed_at timestamptz not null,
        closed_by text not null,
        primary key (program_id, period),
        unique (program_id, until_at)
      )`);
    // Debits and credits of the period, and the sum of all entries up to its end; debits are positive.
    await runner.query(`
      create table ledger_period_balances (
        program_id text not null,
        period text not null,
        account_id bigint not null references ledger_accounts (id),
        debit_minor numeric not null,
        credit_minor numeric not null,
        closing_minor numeric not null,
        primary key (program_id, period, account_id),
        foreign key (program_id, period) references ledger_periods (program_id, period)
      )`);
    // A posting holds this lock shared until it ends, closing a period takes it alone: a close never overtakes a posting.
    await runner.query(`
      create function ledger_period_lock(program text) returns bigint language sql immutable as
      $$ select hashtextextended('ledger period of ' || program, 0) $$`);
    await this.guardPeriods(runner);
    await this.guardLegs(runner);
  }

  private async guardPeriods(runner: QueryRunner): Promise<void> {
    // Two triggers: of transactions by their own booking date, of legs by that of the transaction that they are added to.
    for (const { table, booked } of [
      { table: 'ledger_transactions', booked: 'added' },
      { table: 'ledger_entries', booked: 'added join ledger_transactions t on t.id = added.transaction_id' },
    ]) {
      const bookedAt = booked === 'added' ? 'added.created_at' : 't.created_at';
      await runner.query(`
        create function ${table}_refuse_closed_period() returns trigger language plpgsql as $$
        declare
          program text;
          earliest timestamptz;
          closed timestamptz;
        begin
          for program, earliest in select added.program_id, min(${bookedAt}) from ${booked} group by added.program_id
          loop
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
        create trigger ${table}_closed_period after insert on ${table}
        referencing new table as added for each statement execute function ${table}_refuse_closed_period()`);
    }
  }

  private async guardLegs(runner: QueryRunner): Promise<void> {
    // Legs that came later would change what the chain has hashed already, even where they sum to zero by themselves.
    await runner.query(`
      create function ledger_refuse_later_legs() returns trigger language plpgsql as $$
      declare offender text;
      begin
        select t.id into offender from added join ledger_transactions t on t.id = added.transaction_id
        where t.xact_id <> pg_current_xact_id() limit 1;
        if offender is not null then
          raise exception 'ledger transaction % is complete: no leg is added later', offender using errcode = 'check_violation';
        end if;
        return null;
      end $$`);
    await runner.query(`
      create trigger ledger_entries_no_later_legs after insert on ledger_entries
      referencing new table as added for each statement execute function ledger_refuse_later_legs()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['ledger_entries', 'ledger_transactions']) {
      await runner.query(`drop trigger ${table}_closed_period on ${table}`);
      await runner.query(`drop function ${table}_refuse_closed_period()`);
    }
    await runner.query(`drop trigger ledger_entries_no_later_legs on ledger_entries`);
    await runner.query(`drop function ledger_refuse_later_legs()`);
    await runner.query(`drop function ledger_period_lock(text)`);
    await runner.query(`drop table ledger_block_transactions, ledger_blocks, ledger_period_balances, ledger_periods`);
    await runner.query(`drop index ledger_transactions_booked, ledger_transactions_xact`);
    await runner.query(`alter table ledger_transactions drop column xact_id`);
  }
}

const tables = ['ledger_blocks', 'ledger_block_transactions', 'ledger_periods', 'ledger_period_balances'];

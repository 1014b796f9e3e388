import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Payments by bank files: the instructions, the files they go out in, and what the bank reports of them. */
export class BankFiles1760000000022 implements MigrationInterface {
  name = 'BankFiles1760000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table bank_files (
        id text primary key,
        program_id text not null references programs (id),
        batch_id text not null,
        rail text not null,
        message_id text not null unique,
        file_name text not null,
        sha256 text not null,
        size_bytes integer not null,
        sealed bytea not null,
        key_id text not null,
        instruction_count integer not null check (instruction_count > 0),
        total_minor bigint not null check (total_minor > 0),
        currency text not null,
        execution_date date not null,
        state text not null,
        staging_token text,
        prepared_by text not null,
        handed_over_by text,
        handed_over_at timestamptz,
        hand_over text check (hand_over in ('download', 'folder')),
        reason_code text,
        created_at timestamptz not null,
        state_since timestamptz not null
      )`);
    await runner.query(`create index bank_files_by_batch on bank_files (batch_id, id)`);
    // Destinations are sealed: what a payment was sent to stays readable when the partner changes its account later.
    await runner.query(`
      create table bank_instructions (
        id text primary key,
        program_id text not null references programs (id),
        rail text not null,
        idempotency_key text not null unique,
        parameter_hash text not null,
        item_id text not null,
        attempt integer not null check (attempt >= 1),
        batch_id text not null,
        partner_id text not null references partners (id),
        account_reference text not null,
        amount_minor bigint not null check (amount_minor > 0),
        currency text not null,
        end_to_end_id text not null,
        sealed_destination bytea not null,
        key_id text not null,
        masked_account text not null,
        file_id text references bank_files (id),
        part_id text,
        trace_number text,
        state text not null,
        returned_minor bigint not null default 0 check (returned_minor between 0 and amount_minor),
        reason_code text,
        created_at timestamptz not null,
        state_since timestamptz not null,
        unique (rail, item_id, attempt)
      )`);
    await runner.query(`create index bank_instructions_by_batch on bank_instructions (batch_id, id)`);
    await runner.query(`create index bank_instructions_by_file on bank_instructions (file_id)`);
    await runner.query(
      `create unique index bank_instructions_by_end_to_end_id on bank_instructions (rail, end_to_end_id)`,
    );
    await runner.query(`create index bank_instructions_by_trace on bank_instructions (trace_number)`);
    await runner.query(`create index bank_instructions_created on bank_instructions (rail, created_at)`);
    await runner.query(`
      create table bank_reports (
        id text primary key,
        program_id text not null references programs (id),
        sha256 text not null,
        kind text not null,
        message_id text not null,
        size_bytes integer not null,
        sealed bytea not null,
        key_id text not null,
        received_by text not null,
        received_at timestamptz not null,
        unique (program_id, sha256)
      )`);
    await runner.query(`create trigger bank_reports_append_only before update or delete on bank_reports
      for each statement execute function refuse_change()`);
    await runner.query(`
      create table bank_report_entries (
        report_id text not null references bank_reports (id),
        position integer not null,
        program_id text not null references programs (id),
        place text not null,
        kind text not null,
        code text,
        reason_code text,
        reference text,
        amount_minor bigint,
        currency text,
        file_id text references bank_files (id),
        instruction_id text references bank_instructions (id),
        -- What the bank calls the movement itself: told again in another report, it counts once.
        movement_key text,
        verdict text not null,
        primary key (report_id, position)
      )`);
    await runner.query(`create trigger bank_report_entries_append_only before update or delete on bank_report_entries
      for each statement execute function refuse_change()`);
    await runner.query(
      `create unique index bank_report_entries_movements on bank_report_entries (program_id, movement_key)
       where movement_key is not null and verdict = 'applied'`,
    );
    await runner.query(
      `create index bank_report_entries_open on bank_report_entries (program_id, report_id) where verdict <> 'applied'`,
    );
    // Numbers that a bank wants ascending and unique: trace numbers by bank, files by day.
    await runner.query(`
      create table bank_counters (
        program_id text not null default '*',
        name text not null,
        value bigint not null,
        primary key (program_id, name)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table bank_counters, bank_report_entries, bank_reports, bank_instructions, bank_files`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Payout batches with the controls that finance expects: approvals by policy, held items with their findings, pauses,
 * retries, payouts between the schedules, and what was held against the rail before a batch is closed.
 */
export class PayoutControls1760000000020 implements MigrationInterface {
  name = 'PayoutControls1760000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table payout_batches
        add column kind text not null default 'scheduled' check (kind in ('scheduled', 'off_cycle')),
        add column ignores_minimum boolean not null default false,
        add column request_id text,
        add column revision integer not null default 0,
        add column required_approvals integer,
        add column edited_by text,
        add column released_by text,
        add column paused_at timestamptz,
        add column paused_by text,
        add column run integer not null default 1,
        drop constraint payout_batches_program_id_currency_cut_off_key`);
    // One batch of a cut-off; payouts on request stand beside it, one for each request.
    await runner.query(
      `create unique index payout_batches_cut_off on payout_batches (program_id, currency, cut_off) where kind = 'scheduled'`,
    );
    await runner.query(
      `create unique index payout_batches_request on payout_batches (program_id, request_id, currency) where kind = 'off_cycle'`,
    );
    // How often the item's amount was reserved: it may be taken out of its batch and put back.
    await runner.query(`alter table payout_items add column reservations integer not null default 0`);
    await runner.query(`update payout_items set reservations = 1 where state <> 'pending'`);
    await runner.query(
      `create index payout_items_exceptions on payout_items (program_id, state, id) where state in ('unknown', 'failed', 'returned', 'held')`,
    );
    await runner.query(`
      create table payout_approvals (
        program_id text not null references programs (id),
        batch_id text not null references payout_batches (id),
        content_hash text not null,
        approver_id text not null,
        approved_at timestamptz not null,
        primary key (batch_id, content_hash, approver_id)
      )`);
    await runner.query(`
      insert into payout_approvals (program_id, batch_id, content_hash, approver_id, approved_at)
      select program_id, id, content_hash, approved_by, state_since from payout_batches
      where approved_by is not null and content_hash is not null`);
    await runner.query(`
      create table payout_item_findings (
        program_id text not null references programs (id),
        item_id text not null references payout_items (id),
        cause text not null,
        reference text not null,
        found_at timestamptz not null,
        cleared_at timestamptz
      )`);
    await runner.query(
      `create unique index payout_item_findings_open on payout_item_findings (item_id, cause, reference) where cleared_at is null`,
    );
    await createReconciliations(runner);
    for (const table of ['payout_approvals', 'payout_reconciliations']) {
      await runner.query(
        `create trigger ${table}_append_only before update or delete or truncate on ${table}
         for each statement execute function refuse_change()`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table payout_reconciliation_notes, payout_reconciliations, payout_item_findings, payout_approvals`,
    );
    await runner.query(`drop index payout_items_exceptions, payout_batches_cut_off, payout_batches_request`);
    await runner.query(`alter table payout_items drop column reservations`);
    await runner.query(`
      alter table payout_batches
        drop column kind, drop column ignores_minimum, drop column request_id, drop column revision,
        drop column required_approvals, drop column released_by, drop column edited_by, drop column paused_at, drop column paused_by,
        drop column run,
        add constraint payout_batches_program_id_currency_cut_off_key unique (program_id, currency, cut_off)`);
  }
}

async function createReconciliations(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table payout_reconciliations (
      id text primary key,
      program_id text not null references programs (id),
      batch_id text not null references payout_batches (id),
      items_minor bigint not null,
      ledger_minor bigint not null,
      rail_minor bigint not null,
      reserved_minor bigint not null,
      differences jsonb not null,
      agrees boolean not null,
      made_by text not null,
      made_at timestamptz not null
    )`);
  await runner.query(`create index payout_reconciliations_batch on payout_reconciliations (batch_id, id)`);
  // What explains a difference: written by one person, approved by another.
  await runner.query(`
    create table payout_reconciliation_notes (
      id text primary key,
      program_id text not null references programs (id),
      reconciliation_id text not null references payout_reconciliations (id),
      note text not null,
      written_by text not null,
      written_at timestamptz not null,
      approved_by text check (approved_by <> written_by),
      approved_at timestamptz
    )`);
  await runner.query(
    `create index payout_reconciliation_notes_of on payout_reconciliation_notes (reconciliation_id, id)`,
  );
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Payout batches, their items and attempts, the accounts at the rail, and the inbox of what the rail tells. */
export class Payouts1760000000006 implements MigrationInterface {
  name = 'Payouts1760000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table payout_accounts (
        partner_id text primary key references partners (id),
        program_id text not null references programs (id),
        rail text not null,
        account_reference text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table payout_batches (
        id text primary key,
        program_id text not null references programs (id),
        currency text not null,
        state text not null,
        cut_off timestamptz not null,
        total_minor bigint not null,
        item_count integer not null,
        carried_minor bigint not null default 0,
        content_hash text,
        made_by text,
        approved_by text,
        reason text,
        created_at timestamptz not null,
        state_since timestamptz not null,
        unique (program_id, currency, cut_off)
      )`);
    await runner.query(`create index payout_batches_by_state on payout_batches (program_id, state, state_since, id)`);
    await runner.query(`
      create table payout_items (
        id text primary key,
        program_id text not null references programs (id),
        batch_id text not null references payout_batches (id),
        partner_id text not null references partners (id),
        slice integer not null default 0,
        amount_minor bigint not null check (amount_minor > 0),
        currency text not null,
        state text not null,
        account_reference text not null,
        attempt integer not null default 0,
        rail_reference text unique,
        failure_code text,
        remittance_sha256 text,
        state_since timestamptz not null,
        unique (batch_id, partner_id)
      )`);
    await runner.query(`create index payout_items_claims on payout_items (batch_id, slice, state)`);
    // Whether a batch has an open item left is asked after each report of the rail.
    await runner.query(
      `create index payout_items_open on payout_items (batch_id) where state in ('reserved', 'sending', 'unknown', 'submitted')`,
    );
    await runner.query(`create index payout_items_partner on payout_items (partner_id)`);
    // Which entries of payable an item pays: an entry is paid by one item, and an item is the sum of its entries.
    await runner.query(`
      create table payout_item_entries (
        entry_id bigint primary key references ledger_entries (id),
        program_id text not null references programs (id),
        item_id text not null references payout_items (id) on delete cascade
      )`);
    await runner.query(`create index payout_item_entries_item on payout_item_entries (item_id)`);
    await runner.query(`
      create table payout_attempts (
        program_id text not null references programs (id),
        item_id text not null references payout_items (id),
        attempt integer not null check (attempt >= 1),
        rail text not null,
        idempotency_key text not null unique,
        parameter_hash text not null,
        first_sent_at timestamptz not null,
        outcome text check (outcome in ('accepted', 'refused', 'unknown')),
        rail_reference text,
        primary key (item_id, attempt)
      )`);
    await runner.query(`
      create table rail_inbox (
        program_id text not null default '*',
        rail text not null,
        event_id text not null,
        type text not null,
        reference text not null,
        received_at timestamptz not null,
        applied_at timestamptz,
        primary key (rail, event_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table rail_inbox, payout_attempts, payout_item_entries, payout_items, payout_batches, payout_accounts`,
    );
  }
}

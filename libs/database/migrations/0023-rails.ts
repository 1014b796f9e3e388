import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What rails keep: the pace of calls per account, keys that no request may use any more, and the credit that the rail
 * for store credit issues. Pace and keys belong to no program: an account at a provider is shared by all.
 */
export class Rails1760000000023 implements MigrationInterface {
  name = 'Rails1760000000023';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table rail_buckets (
        account text primary key,
        program_id text not null,
        tokens double precision not null,
        refilled_at timestamptz not null,
        slowed_until timestamptz not null
      )`);
    await runner.query(`
      create table rail_keys (
        rail text not null,
        idempotency_key text not null,
        program_id text not null,
        holder text not null,
        held_until timestamptz not null,
        dead_code text,
        primary key (rail, idempotency_key)
      )`);
    await runner.query(`
      create table store_credit_accounts (
        id text primary key,
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        idempotency_key text not null unique,
        currency text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table store_credits (
        id text primary key,
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        account_id text not null references store_credit_accounts (id),
        idempotency_key text not null unique,
        parameter_hash text not null,
        item_id text not null,
        attempt integer not null check (attempt > 0),
        batch_id text not null,
        amount_minor bigint not null check (amount_minor > 0),
        currency text not null,
        code_hash text not null unique,
        code_sealed bytea not null,
        code_key_id text not null,
        code_ending text not null,
        state text not null check (state in ('issued', 'redeemed', 'voided')),
        state_since timestamptz not null,
        redemption_reference text,
        created_at timestamptz not null,
        unique (item_id, attempt),
        check ((state = 'redeemed') = (redemption_reference is not null))
      )`);
    await runner.query(`create index store_credits_by_program on store_credits (program_id, id)`);
    await runner.query(`create index store_credits_by_batch on store_credits (batch_id)`);
    await runner.query(`create index store_credits_by_partner on store_credits (partner_id, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['store_credits', 'store_credit_accounts', 'rail_keys', 'rail_buckets']) {
      await runner.query(`drop table ${table}`);
    }
  }
}

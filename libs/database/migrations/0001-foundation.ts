import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every other table leans on: refusal of changes, audit, outbox, idempotency keys, API keys. */
export class Foundation1760000000001 implements MigrationInterface {
  name = 'Foundation1760000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create extension if not exists btree_gist`);
    await runner.query(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
      end $$`);
    await runner.query(`
      create table audit_facts (
        id text primary key,
        program_id text not null,
        at timestamptz not null,
        actor_id text not null,
        action text not null,
        subject_id text not null,
        from_state text,
        to_state text,
        reason text,
        request_id text,
        details jsonb not null default '{}'
      )`);
    await runner.query(`create index audit_facts_subject on audit_facts (subject_id, at)`);
    await runner.query(`create index audit_facts_program on audit_facts (program_id, id)`);
    await runner.query(
      `create trigger audit_facts_append_only before update or delete on audit_facts for each statement execute function refuse_change()`,
    );
    await runner.query(`
      create table outbox_messages (
        sequence bigint generated always as identity primary key,
        id text not null unique,
        program_id text not null,
        kind text not null check (kind in
          ('workflow_start', 'workflow_signal', 'program_schedules', 'mail', 'domain_event', 'rail_event')),
        subject_id text not null,
        payload jsonb not null,
        created_at timestamptz not null,
        available_at timestamptz not null,
        attempts integer not null default 0,
        last_error text,
        delivered_at timestamptz
      )`);
    await runner.query(
      `create index outbox_messages_due on outbox_messages (kind, available_at, sequence) where delivered_at is null and kind <> 'domain_event'`,
    );
    await runner.query(
      `create index outbox_messages_feed on outbox_messages (program_id, sequence) where kind = 'domain_event'`,
    );
    await runner.query(`
      create table idempotency_keys (
        program_id text not null default '*',
        principal text not null,
        route text not null,
        key text not null,
        body_hash text not null,
        status integer,
        answer bytea,
        answer_key_id text,
        locked_until timestamptz not null,
        created_at timestamptz not null,
        primary key (principal, route, key)
      )`);
    await runner.query(`create index idempotency_keys_age on idempotency_keys (created_at)`);
    await runner.query(`
      create table api_keys (
        id text primary key,
        program_id text not null default '*',
        name text not null,
        secret_hash text not null unique,
        roles text[] not null,
        created_by text not null,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table api_keys, idempotency_keys, outbox_messages, audit_facts`);
    await runner.query(`drop function refuse_change()`);
    await runner.query(`drop extension btree_gist`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

const kinds = 'outbox_messages_kind_check';
/** As PostgreSQL writes the list of kinds back; other migrations may have added kinds of their own. */
const railEvent = `'rail_event'::text`;
const mailEvent = `'mail_event'::text`;

/** The log of mails and what became of them, and the company's webhooks with every delivery and attempt. */
export class Messages1760000000013 implements MigrationInterface {
  name = 'Messages1760000000013';

  async up(runner: QueryRunner): Promise<void> {
    await replaceKinds(runner, railEvent, `${railEvent}, ${mailEvent}`);
    // A mail's address is here only as a keyed hash, and its text nowhere: both are read anew for each sending.
    await runner.query(`
      create table mails (
        id text primary key,
        program_id text not null,
        template text not null,
        subject_id text not null,
        person_id text,
        role text,
        details jsonb not null default '{}',
        language text,
        state text not null,
        attempts integer not null default 0,
        code text,
        address_hash text,
        message_id text unique,
        resend_of text references mails (id),
        created_at timestamptz not null,
        state_since timestamptz not null,
        sent_at timestamptz,
        check ((person_id is null) <> (role is null))
      )`);
    await runner.query(`create index mails_subject on mails (subject_id)`);
    await runner.query(`create index mails_person on mails (person_id)`);
    await runner.query(`create index mails_program on mails (program_id, id)`);
    await runner.query(`
      insert into mails (id, program_id, template, subject_id, person_id, role, details, state, attempts, code, created_at,
        state_since, sent_at)
      select id, program_id, payload ->> 'template', subject_id, payload #>> '{to,personId}', payload #>> '{to,role}',
        coalesce(payload -> 'details', '{}'),
        case when delivered_at is null then 'queued' when last_error is null then 'sent' else 'failed' end,
        attempts, last_error, created_at, coalesce(delivered_at, created_at),
        case when last_error is null then delivered_at end
      from outbox_messages where kind = 'mail'`);
    await runner.query(`
      create table mail_suppressions (
        program_id text not null,
        address_hash text not null,
        reason text not null check (reason in ('bounced', 'complained')),
        mail_id text not null references mails (id),
        at timestamptz not null,
        primary key (program_id, address_hash)
      )`);
    await runner.query(`
      create table mail_inbox (
        event_id text primary key,
        program_id text not null default '*',
        message_id text not null,
        type text not null check (type in ('delivered', 'bounce', 'complaint')),
        code text,
        at timestamptz not null,
        received_at timestamptz not null,
        applied_at timestamptz
      )`);
    await this.addWebhooks(runner);
    // Events of before have no receiver to be found for; from now on an event without the mark waits for its fan-out.
    await runner.query(`update outbox_messages set delivered_at = created_at where kind = 'domain_event'`);
    await runner.query(
      `create index outbox_messages_fan_out on outbox_messages (sequence) where delivered_at is null and kind = 'domain_event'`,
    );
  }

  private async addWebhooks(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhook_endpoints (
        id text primary key,
        program_id text not null,
        url text not null,
        description text,
        event_types text[] not null,
        state text not null check (state in ('enabled', 'disabled', 'deleted')),
        disabled_because text check (disabled_because in ('person', 'gone', 'failing')),
        secret bytea,
        secret_key_id text,
        previous_secret bytea,
        previous_secret_key_id text,
        previous_secret_until timestamptz,
        failing_since timestamptz,
        created_by text not null,
        created_at timestamptz not null,
        state_since timestamptz not null
      )`);
    await runner.query(`create index webhook_endpoints_program on webhook_endpoints (program_id)`);
    await runner.query(`
      create table webhook_messages (
        event_id text primary key,
        program_id text not null,
        sequence bigint not null,
        type text not null,
        subject_id text not null,
        at timestamptz not null,
        body text not null
      )`);
    // No reference to the endpoint's row: thousands of deliveries at once would all mark it as referenced.
    await runner.query(`
      create table webhook_deliveries (
        id text primary key,
        program_id text not null,
        endpoint_id text not null,
        event_id text not null references webhook_messages (event_id),
        sequence bigint not null,
        type text not null,
        subject_id text not null,
        state text not null check (state in ('pending', 'delivered', 'failed', 'cancelled')),
        attempts integer not null default 0,
        tries integer not null default 0,
        next_attempt_at timestamptz not null,
        leased_until timestamptz,
        status integer,
        code text,
        duration_ms integer,
        excerpt text,
        created_at timestamptz not null,
        attempted_at timestamptz,
        delivered_at timestamptz,
        unique (endpoint_id, event_id)
      )`);
    await runner.query(
      `create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_attempt_at, sequence) where state = 'pending'`,
    );
    await runner.query(`create index webhook_deliveries_log on webhook_deliveries (endpoint_id, id)`);
    await runner.query(`
      create table webhook_attempts (
        delivery_id text not null references webhook_deliveries (id),
        number integer not null,
        program_id text not null,
        at timestamptz not null,
        status integer,
        code text,
        duration_ms integer not null,
        excerpt text,
        primary key (delivery_id, number)
      )`);
    await runner.query(
      `create trigger webhook_attempts_append_only before update or delete on webhook_attempts for each statement execute function refuse_change()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index outbox_messages_fan_out`);
    await runner.query(`update outbox_messages set delivered_at = null where kind = 'domain_event'`);
    await runner.query(
      `drop table webhook_attempts, webhook_deliveries, webhook_messages, webhook_endpoints, mail_inbox, mail_suppressions, mails`,
    );
    await runner.query(`delete from outbox_messages where kind = 'mail_event'`);
    await replaceKinds(runner, `${railEvent}, ${mailEvent}`, railEvent);
  }
}

async function replaceKinds(runner: QueryRunner, before: string, after: string): Promise<void> {
  const [{ definition } = { definition: '' }] = (await runner.query(
    `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = '${kinds}'`,
  )) as { definition: string }[];
  await runner.query(`alter table outbox_messages drop constraint ${kinds}`);
  await runner.query(`alter table outbox_messages add constraint ${kinds} ${definition.replace(before, after)}`);
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Recipients of envelopes, signers named beforehand, sessions of signers, reports of providers; what an envelope's
 * sealing leaves behind. Envelopes that are open get the recipients that they always had: the applicant and legal.
 */
export class Signing1760000000012 implements MigrationInterface {
  name = 'Signing1760000000012';

  async up(runner: QueryRunner): Promise<void> {
    await changeEnvelopes(runner);
    await makeRecipients(runner);
    await makeNeighbours(runner);
    await addRecipientsOfOpenEnvelopes(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table signature_reports, signing_sessions, named_signers, envelope_recipients`);
    // What the release before did not know has no place in its tables: drafts and superseded envelopes are refused by the constraints.
    await runner.query(`drop index envelopes_of_negotiation`);
    await runner.query(`alter table envelopes drop constraint envelopes_frozen, drop constraint envelopes_executed, drop column number, drop column purpose, drop column agreement_id, drop column program_version,
      drop column provider, drop column language, drop column template_version, drop column consent_hash, drop column is_sealable,
      drop column partner_sealed_sha256, drop column sealed_sha256, drop column timestamped_sha256, drop column certificate_sha256,
      drop column sent_at, drop column partner_signed_at, drop column countersigned_at, drop column verified_at, drop column executed_at,
      drop column countersign_due_at, drop column escalated_at, drop column expiry_warned_at, drop column extensions,
      drop column seal_blocked, drop column seal_blocked_at, drop column timestamp_pending`);
    await runner.query(`alter table envelopes alter column document_sha256 set not null, alter column expires_at set not null,
      alter column link_hash set not null, add constraint envelopes_link_hash_key unique (link_hash),
      add constraint envelopes_negotiation_id_key unique (negotiation_id)`);
  }
}

async function changeEnvelopes(runner: QueryRunner): Promise<void> {
  await runner.query(`
    alter table envelopes
      add column number integer not null default 1 check (number >= 1),
      add column purpose text not null default 'initial' check (purpose in ('initial', 'amendment')),
      add column agreement_id text references agreements (id),
      add column program_version integer,
      add column provider text not null default 'built-in',
      add column language text not null default 'en' check (language in ('en', 'id', 'ar')),
      add column template_version text,
      add column consent_hash text,
      add column is_sealable boolean not null default true,
      add column partner_sealed_sha256 text,
      add column sealed_sha256 text,
      add column timestamped_sha256 text,
      add column certificate_sha256 text,
      add column sent_at timestamptz,
      add column partner_signed_at timestamptz,
      add column countersigned_at timestamptz,
      add column verified_at timestamptz,
      add column executed_at timestamptz,
      add column countersign_due_at timestamptz,
      add column escalated_at timestamptz,
      add column expiry_warned_at timestamptz,
      add column extensions integer not null default 0,
      add column seal_blocked text check (seal_blocked in ('key_unavailable', 'verification_failed')),
      add column seal_blocked_at timestamptz,
      add column timestamp_pending boolean not null default false,
      alter column document_sha256 drop not null,
      alter column expires_at drop not null,
      alter column link_hash drop not null,
      drop constraint envelopes_link_hash_key,
      drop constraint envelopes_negotiation_id_key,
      add constraint envelopes_frozen check (document_sha256 is not null or state in ('draft', 'voided', 'superseded')),
      add constraint envelopes_executed check (state <> 'executed' or not is_sealable or executed_at is null or sealed_sha256 is not null)`);
  // What was sent before has no field for a seal, and is ended as it was begun: by its acts and their evidence.
  await runner.query(`update envelopes set is_sealable = false, sent_at = created_at`);
  await runner.query(`update envelopes e set partner_signed_at = s.at from (
    select envelope_id, min(at) as at from envelope_events where type = 'awaiting_countersign' group by envelope_id) s where s.envelope_id = e.id`);
  await runner.query(`update envelopes set countersigned_at = state_since, verified_at = state_since, executed_at = state_since
    where state = 'executed'`);
  await runner.query(
    `create unique index envelopes_of_negotiation on envelopes (negotiation_id) where state <> 'superseded'`,
  );
}

async function makeRecipients(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table envelope_recipients (
      id text primary key,
      program_id text not null references programs (id),
      envelope_id text not null references envelopes (id),
      party text not null check (party in ('partner', 'company')),
      place integer not null check (place >= 1),
      person_id text references persons (id),
      role text,
      subject_id text,
      title text,
      authentication text not null check (authentication in ('link', 'access_code', 'email_otp')),
      state text not null check (state in ('waiting', 'asked', 'viewed', 'signed', 'declined', 'delegated')),
      link_generation integer not null default 1 check (link_generation >= 1),
      link_hash text unique,
      delivery text not null default 'pending' check (delivery in ('pending', 'sent', 'delivered', 'failed')),
      asked_at timestamptz,
      viewed_at timestamptz,
      acted_at timestamptz,
      acted_by text,
      reminders_sent integer not null default 0,
      last_reminded_at timestamptz,
      resends integer not null default 0,
      delegated_to text references envelope_recipients (id),
      access_code_hash text,
      code_number integer not null default 0,
      codes_before_unlock integer not null default 0,
      code_sent_at timestamptz,
      code_used_at timestamptz,
      failed_attempts integer not null default 0,
      locked_at timestamptz,
      authenticated_at timestamptz,
      created_at timestamptz not null,
      check ((person_id is null) <> (role is null))
    )`);
  await runner.query(`create index envelope_recipients_of on envelope_recipients (envelope_id, party, place, id)`);
  await runner.query(`create index envelope_recipients_of_person on envelope_recipients (person_id)`);
}

async function makeNeighbours(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table named_signers (
      id text primary key,
      program_id text not null references programs (id),
      negotiation_id text not null references negotiations (id),
      person_id text not null references persons (id),
      title text,
      named_by text not null,
      created_at timestamptz not null,
      removed_at timestamptz
    )`);
  await runner.query(`create index named_signers_of on named_signers (negotiation_id, id)`);
  await runner.query(`
    create table signing_sessions (
      id text primary key,
      program_id text not null references programs (id),
      recipient_id text not null references envelope_recipients (id),
      link_generation integer not null,
      token_hash text not null unique,
      created_at timestamptz not null,
      expires_at timestamptz not null
    )`);
  await runner.query(`
    create table signature_reports (
      id text primary key,
      program_id text not null references programs (id),
      envelope_id text not null references envelopes (id),
      provider text not null,
      event_id text not null,
      kind text not null,
      payload jsonb not null,
      received_at timestamptz not null,
      applied_at timestamptz,
      refused text,
      unique (provider, event_id)
    )`);
  await runner.query(
    `create index signature_reports_open on signature_reports (envelope_id, id) where applied_at is null`,
  );
}

/** The ids of these are the envelopes' with another prefix and a digit for the party, so that they are unique and sort. */
async function addRecipientsOfOpenEnvelopes(runner: QueryRunner): Promise<void> {
  const open = `e.state in ('sent', 'viewed', 'awaiting_countersign')`;
  await runner.query(`
    insert into envelope_recipients (id, program_id, envelope_id, party, place, person_id, authentication, state, link_hash,
      asked_at, viewed_at, acted_at, acted_by, reminders_sent, created_at)
    select 'rcp_' || left(substr(e.id, 5), 31) || '1', e.program_id, e.id, 'partner', 1, p.person_id, 'link',
      case e.state when 'sent' then 'asked' when 'viewed' then 'viewed' else 'signed' end, e.link_hash,
      e.created_at, case when e.state <> 'sent' then e.state_since end, e.partner_signed_at,
      case when e.state = 'awaiting_countersign' then p.id end,
      case when e.awaiting = 'partner' then e.reminders_sent else 0 end, e.created_at
    from envelopes e join partners p on p.id = e.partner_id where ${open}`);
  await runner.query(`
    insert into envelope_recipients (id, program_id, envelope_id, party, place, role, authentication, state, asked_at, reminders_sent, created_at)
    select 'rcp_' || left(substr(e.id, 5), 31) || '2', e.program_id, e.id, 'company', 1, 'legal', 'link',
      case when e.state = 'awaiting_countersign' then 'asked' else 'waiting' end,
      case when e.state = 'awaiting_countersign' then e.state_since end,
      case when e.awaiting = 'company' then e.reminders_sent else 0 end, e.created_at
    from envelopes e where ${open}`);
}

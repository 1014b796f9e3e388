import type { MigrationInterface, QueryRunner } from 'typeorm';

const kinds = [
  'contract',
  'contract_sealed',
  'evidence_certificate',
  'remittance_advice',
  'redline',
  'attachment',
  'dossier',
];

/**
 * Taking applications in and reviewing them: verification, attachments, references that answer, flags, checklist,
 * questions to applicants, deadlines, limits of requests, and the erasure of people whose application came to nothing.
 */
export class Intake1760000000008 implements MigrationInterface {
  name = 'Intake1760000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table applications
        alter column decision_due_at drop not null,
        add column form_version text not null default '1',
        add column country text,
        add column partner_type text,
        add column web_sites text[] not null default '{}',
        add column consent_version text,
        add column submission_key text,
        add column revision integer not null default 0,
        add column verified_at timestamptz,
        add column verify_due_at timestamptz,
        add column verification_mails integer not null default 0,
        add column review_since timestamptz,
        add column reviewer_id text,
        add column score integer,
        add column next_reminder_at timestamptz,
        add column reminders_sent integer not null default 0,
        add column escalate_at timestamptz,
        add column escalated_at timestamptz,
        add column information_due_at timestamptz,
        add column references_due_at timestamptz,
        add column reason_code text,
        add column decided_by text,
        add column decided_at timestamptz,
        add column erased_at timestamptz`);
    await runner.query(`create index applications_by_due on applications (program_id, decision_due_at, id)`);
    await runner.query(`create index applications_by_reviewer on applications (reviewer_id, stage_since, id)`);
    await runner.query(`alter table programs add column review_turn bigint not null default 0`);
    await runner.query(`
      alter table application_references
        add column state text not null default 'unasked' check (state in ('unasked', 'asked', 'answered', 'unanswered')),
        add column due_at timestamptz,
        add column answers jsonb,
        add column answered_at timestamptz`);
    await runner.query(`
      create table application_keys (
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        kind text not null check (kind in ('email', 'company', 'web_site')),
        key text not null,
        primary key (application_id, kind, key)
      )`);
    await runner.query(`create index application_keys_alike on application_keys (program_id, kind, key)`);
    await runner.query(`
      create table application_flags (
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        rule text not null,
        reason text not null,
        raised_at timestamptz not null,
        primary key (application_id, rule)
      )`);
    await runner.query(`
      create table application_checks (
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        item text not null,
        checked_by text not null,
        checked_at timestamptz not null,
        note text,
        primary key (application_id, item)
      )`);
    await runner.query(`
      create table information_messages (
        id text primary key,
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        text text,
        form jsonb,
        author_id text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`create index information_messages_of on information_messages (application_id)`);
    await runner.query(`
      create table information_requests (
        id text primary key,
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        round integer not null check (round >= 1),
        state text not null check (state in ('open', 'answered', 'unanswered', 'closed')),
        question_id text not null references information_messages (id),
        answer_id text references information_messages (id),
        asked_by text not null,
        asked_at timestamptz not null,
        due_at timestamptz not null,
        ended_at timestamptz,
        unique (application_id, round)
      )`);
    await runner.query(
      `create unique index information_requests_open on information_requests (application_id) where state = 'open'`,
    );
    await runner.query(`
      create table application_attachments (
        id text primary key,
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        document_sha256 text not null,
        content_key bytea,
        media_type text not null,
        size_bytes integer not null,
        file_name text,
        created_at timestamptz not null
      )`);
    await runner.query(`create index application_attachments_of on application_attachments (application_id)`);
    // Counters that a crash may forget; they are written with every public request.
    await runner.query(`
      create unlogged table rate_limits (
        key text primary key,
        program_id text not null default '*',
        hits integer not null,
        window_ends_at timestamptz not null
      )`);
    await runner.query(`create index rate_limits_age on rate_limits (window_ends_at)`);
    await runner.query(`alter table documents drop constraint documents_kind_check`);
    await runner.query(
      `alter table documents add constraint documents_kind_check check (kind in (${kinds.map((kind) => `'${kind}'`).join(', ')}))`,
    );
    // An envelope keeps the hash of its document also when the document of one that came to nothing is erased.
    await runner.query(`alter table envelopes drop constraint envelopes_program_id_document_sha256_fkey`);
    await this.addErasure(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function erase_applicant(text)`);
    await runner.query(`drop function erase_documents(text, text[])`);
    await runner.query(`
      create or replace function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
      end $$`);
    await runner.query(
      `alter table envelopes add constraint envelopes_program_id_document_sha256_fkey
         foreign key (program_id, document_sha256) references documents (program_id, sha256)`,
    );
    await runner.query(`alter table documents drop constraint documents_kind_check`);
    await runner.query(
      `alter table documents add constraint documents_kind_check check (kind in ('contract', 'remittance_advice'))`,
    );
    await runner.query(
      `drop table rate_limits, application_attachments, information_requests, information_messages, application_checks,
         application_flags, application_keys`,
    );
    await runner.query(`
      alter table application_references drop column state, drop column due_at, drop column answers,
        drop column answered_at`);
    await runner.query(`alter table programs drop column review_turn`);
    await runner.query(`drop index applications_by_due, applications_by_reviewer`);
    await runner.query(`update applications set decision_due_at = created_at where decision_due_at is null`);
    await runner.query(`
      alter table applications alter column decision_due_at set not null,
        drop column form_version, drop column country, drop column partner_type, drop column web_sites,
        drop column consent_version, drop column submission_key, drop column revision, drop column verified_at,
        drop column verify_due_at, drop column verification_mails, drop column review_since, drop column reviewer_id,
        drop column score, drop column next_reminder_at, drop column reminders_sent, drop column escalate_at,
        drop column escalated_at, drop column information_due_at, drop column references_due_at,
        drop column reason_code, drop column decided_by, drop column decided_at, drop column erased_at`);
  }

  /**
   * Append-only tables stay so for everybody, but for two functions that take a person out of them: what was free text
   * of people becomes `erased`, and documents and evidence of contracts that never came about go. The running role may
   * call them and still change nothing itself: the setting opens the triggers only for the owner of the table.
   */
  private async addErasure(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function refuse_change() returns trigger language plpgsql as $$
      begin
        if current_setting('pactline.erasing', true) = 'on'
          and tg_table_name in ('audit_facts', 'proposals', 'envelope_events', 'documents')
          and current_user = (select tableowner from pg_tables where schemaname = tg_table_schema and tablename = tg_table_name)
        then
          return coalesce(new, old);
        end if;
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
      end $$`);
    await runner.query(`
      create function erase_documents(of_program text, hashes text[]) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
      begin
        perform set_config('pactline.erasing', 'on', true);
        delete from documents d where d.program_id = of_program and d.sha256 = any (hashes)
          and d.kind in ('attachment', 'contract')
          and not exists (
            select 1 from envelopes e join applications a on a.id = e.application_id
            where e.program_id = d.program_id and e.document_sha256 = d.sha256
              and (e.state = 'executed' or a.stage not in ('rejected', 'withdrawn', 'expired', 'lapsed')));
        perform set_config('pactline.erasing', 'off', true);
      end $$`);
    await runner.query(`
      create function erase_applicant(erased text) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
      declare
        subjects text[];
      begin
        if not exists (select 1 from applications where id = erased and stage in ('rejected', 'withdrawn', 'expired', 'lapsed')) then
          raise exception 'application % may not be erased', erased using errcode = 'restrict_violation';
        end if;
        subjects := array (select erased
          union all select id from partners where application_id = erased
          union all select id from negotiations where application_id = erased
          union all select id from envelopes where application_id = erased
          union all select id from application_references where application_id = erased
          union all select id from information_requests where application_id = erased);
        perform set_config('pactline.erasing', 'on', true);
        update audit_facts set reason = 'erased' where subject_id = any (subjects) and reason is not null and reason <> 'erased';
        update proposals p set note = null from negotiations n
          where n.id = p.negotiation_id and n.application_id = erased and p.note is not null;
        delete from envelope_events v using envelopes e
          where e.id = v.envelope_id and e.application_id = erased and e.state <> 'executed';
        perform set_config('pactline.erasing', 'off', true);
      end $$`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Agreements that have terms, renewals, notices and ends, and suspensions of partners with their causes. */
export class AgreementLife1760000000010 implements MigrationInterface {
  name = 'AgreementLife1760000000010';

  async up(runner: QueryRunner): Promise<void> {
    await versionsUp(runner);
    await agreementsUp(runner);
    await runner.query(`
      create table agreement_term_periods (
        agreement_id text not null references agreements (id),
        program_id text not null references programs (id),
        number integer not null check (number >= 1),
        cause text not null check (cause in ('begin', 'auto', 'consent', 'version')),
        terms_hash text not null,
        started_at timestamptz not null,
        ends_at timestamptz not null check (ends_at > started_at),
        recorded_at timestamptz not null,
        primary key (agreement_id, number)
      )`);
    await runner.query(`
      insert into agreement_term_periods (agreement_id, program_id, number, cause, terms_hash, started_at, ends_at, recorded_at)
      select a.id, a.program_id, 1, 'begin', v.terms_hash, a.term_started_at, a.term_ends_at, now()
      from agreements a join agreement_versions v on v.agreement_id = a.id and v.version = 1`);
    // A notice is given once: two runs at the same time, or one repeated, meet at the key.
    await runner.query(`
      create table agreement_notices (
        agreement_id text not null references agreements (id),
        program_id text not null references programs (id),
        kind text not null check (kind in ('term_end', 'checkpoint')),
        about_at timestamptz not null,
        subject text not null,
        is_sent boolean not null,
        recorded_at timestamptz not null,
        primary key (agreement_id, kind, about_at, subject)
      )`);
    await runner.query(`
      create table agreement_renewals (
        id text primary key,
        program_id text not null references programs (id),
        agreement_id text not null references agreements (id),
        partner_id text not null references partners (id),
        term_number integer not null,
        state text not null check (state in ('open', 'consented', 'declined', 'lapsed')),
        terms_hash text not null,
        term_from timestamptz not null,
        term_until timestamptz not null,
        consent_version text not null,
        consent_text text not null,
        opened_at timestamptz not null,
        state_since timestamptz not null,
        decided_by text,
        side text check (side in ('company', 'partner')),
        reason text
      )`);
    // An offer that lapsed because notice was given is made again once the notice is taken back.
    await runner.query(
      `create unique index agreement_renewals_one on agreement_renewals (agreement_id, term_number) where state <> 'lapsed'`,
    );
    await runner.query(`
      create table agreement_terminations (
        id text primary key,
        program_id text not null references programs (id),
        agreement_id text not null references agreements (id),
        side text not null check (side in ('company', 'partner')),
        kind text not null check (kind in ('ordinary', 'for_cause')),
        state text not null check (state in ('given', 'taken_back', 'superseded', 'effective')),
        terms_hash text not null,
        given_at timestamptz not null,
        effective_at timestamptz not null check (effective_at >= given_at),
        state_since timestamptz not null,
        actor_id text not null,
        reason text check (kind = 'ordinary' or reason is not null)
      )`);
    await runner.query(
      `create unique index agreement_terminations_open on agreement_terminations (agreement_id) where state in ('given', 'effective')`,
    );
    await runner.query(`
      create table agreement_acts (
        agreement_id text not null references agreements (id),
        program_id text not null references programs (id),
        number integer not null check (number >= 1),
        type text not null,
        at timestamptz(3) not null,
        side text not null check (side in ('company', 'partner')),
        actor_id text not null,
        terms_hash text not null,
        data jsonb not null,
        previous_hash text not null,
        hash text not null,
        primary key (agreement_id, number)
      )`);
    for (const table of ['agreement_term_periods', 'agreement_notices', 'agreement_acts']) {
      await runner.query(
        `create trigger ${table}_append_only before update or delete on ${table} for each statement execute function refuse_change()`,
      );
    }
    await suspensionsUp(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payout_batches drop column carried`);
    await runner.query(
      `drop table partner_suspensions, agreement_acts, agreement_terminations, agreement_renewals, agreement_notices, agreement_term_periods`,
    );
    await runner.query(`drop index agreements_calendar, agreements_checkpoints, agreements_by_end`);
    await runner.query(`
      alter table agreements drop column state, drop column state_since, drop column started_at, drop column ends_at,
        drop column renewal, drop column term_number, drop column term_anchor, drop column term_anchor_number,
        drop column term_started_at, drop column term_ends_at, drop column renewals, drop column checkpoint_at,
        drop column end_cause`);
    await runner.query(`
      alter table agreement_versions drop constraint agreement_versions_signed, drop constraint agreement_versions_begins,
        drop column basis, drop column effective_from, alter column envelope_id set not null,
        add constraint agreement_versions_in_force_check
          check (not isempty(in_force) and lower_inc(in_force) and not upper_inc(in_force))`);
  }
}

/**
 * A version keeps the instant from which it was to be in force; its interval follows from that and from the agreement's
 * end, and is empty where the agreement ended before. Only versions that a notice was enough for have no envelope.
 */
async function versionsUp(runner: QueryRunner): Promise<void> {
  await runner.query(`
    alter table agreement_versions
      add column basis text not null default 'signed' check (basis in ('signed', 'notice')),
      add column effective_from timestamptz,
      alter column envelope_id drop not null`);
  await runner.query(`update agreement_versions set effective_from = lower(in_force)`);
  await runner.query(`
    alter table agreement_versions
      alter column effective_from set not null,
      add constraint agreement_versions_signed check ((basis = 'signed') = (envelope_id is not null)),
      drop constraint agreement_versions_in_force_check,
      add constraint agreement_versions_begins check
        (isempty(in_force) or (lower_inc(in_force) and not upper_inc(in_force) and lower(in_force) = effective_from))`);
}

/** Agreements made before had no terms that ended: their terms count from their beginning, and no past is cut off. */
async function agreementsUp(runner: QueryRunner): Promise<void> {
  await runner.query(`
    alter table agreements
      add column state text not null default 'in_force' check (state in ('in_force', 'under_notice', 'ended')),
      add column state_since timestamptz, add column started_at timestamptz, add column ends_at timestamptz,
      add column renewal text check (renewal in ('auto', 'consent', 'none')),
      add column term_number integer not null default 1, add column term_anchor timestamptz,
      add column term_anchor_number integer not null default 1, add column term_started_at timestamptz,
      add column term_ends_at timestamptz, add column renewals integer not null default 0,
      add column checkpoint_at timestamptz,
      add column end_cause text check (end_cause in ('term', 'no_consent', 'notice', 'for_cause'))`);
  await runner.query(`
    with term as (
      select v.agreement_id, lower(v.in_force) as began, t.canonical::jsonb as document,
        coalesce(t.canonical::jsonb ->> 'timeZone', 'Etc/UTC') as zone
      from agreement_versions v join terms_documents t on t.program_id = v.program_id and t.hash = v.terms_hash
      where v.version = 1)
    update agreements a set state_since = began, started_at = began, term_anchor = began, term_started_at = began,
      renewal = document #>> '{term,renewal}',
      term_ends_at = ((began at time zone zone) + (document #>> '{term,length}')::interval) at time zone zone,
      checkpoint_at = case when jsonb_path_exists(document, '$.obligations[*].checkpoint') then began end
    from term where term.agreement_id = a.id`);
  await runner.query(`update agreements set ends_at = greatest(term_ends_at, now()) where renewal <> 'auto'`);
  await runner.query(`
    update agreement_versions v set in_force = tstzrange(lower(v.in_force), a.ends_at, '[)')
    from agreements a where a.id = v.agreement_id and a.ends_at is not null and upper(v.in_force) is null`);
  await runner.query(`
    alter table agreements alter column state_since set not null, alter column started_at set not null,
      alter column renewal set not null, alter column term_anchor set not null,
      alter column term_started_at set not null, alter column term_ends_at set not null`);
  await runner.query(
    `create index agreements_calendar on agreements (program_id, (coalesce(ends_at, term_ends_at))) where state <> 'ended'`,
  );
  await runner.query(
    `create index agreements_checkpoints on agreements (program_id, checkpoint_at) where state <> 'ended' and checkpoint_at is not null`,
  );
  await runner.query(`create index agreements_by_end on agreements (program_id, ends_at, id)`);
}

/** Several causes may hold one partner at once: each is taken away by itself. Batches say why amounts were carried. */
async function suspensionsUp(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table partner_suspensions (
      id text primary key,
      program_id text not null references programs (id),
      partner_id text not null references partners (id),
      cause text not null,
      reason text not null,
      actor_id text not null,
      from_at timestamptz not null,
      until_at timestamptz check (until_at >= from_at),
      ended_by text,
      end_reason text
    )`);
  await runner.query(
    `create unique index partner_suspensions_open on partner_suspensions (partner_id, cause) where until_at is null`,
  );
  await runner.query(`create index partner_suspensions_of on partner_suspensions (partner_id, from_at)`);
  await runner.query(`alter table payout_batches add column carried jsonb not null default '{}'`);
}

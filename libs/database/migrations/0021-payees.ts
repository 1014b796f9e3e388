import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where partners are paid to and what their taxes are: encrypted; what may be shown stands beside it. */
export class Payees1760000000021 implements MigrationInterface {
  name = 'Payees1760000000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table payout_details (
        id text primary key,
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        version integer not null check (version >= 1),
        kind text not null check (kind in ('iban', 'us_bank', 'handle', 'connected_account')),
        ending text not null check (length(ending) <= 4),
        country text check (length(country) = 2),
        provider text,
        sealed bytea not null,
        key_id text not null,
        channel text not null check (channel in ('partner', 'company', 'service')),
        submitted_by text not null,
        submitted_at timestamptz not null,
        state text not null check (state in ('awaiting_approval', 'approved', 'rejected', 'withdrawn')),
        effective_at timestamptz,
        decided_by text,
        decided_at timestamptz,
        reason text,
        unique (partner_id, version),
        check ((state = 'approved') = (effective_at is not null)),
        check ((state = 'awaiting_approval') = (decided_at is null)),
        check (state <> 'rejected' or reason is not null)
      )`);
    // Two changes at the same time meet here: only one waits for its approval.
    await runner.query(
      `create unique index payout_details_waiting on payout_details (partner_id) where state = 'awaiting_approval'`,
    );
    await runner.query(`create index payout_details_by_key on payout_details (key_id)`);
    await runner.query(keepVersions);
    await runner.query(
      `create trigger payout_details_kept before update or delete on payout_details for each row execute function keep_payout_details()`,
    );
    await runner.query(keepProfiles);
    await taxUp(runner);
    await runner.query(keepPapers);
    await papersUp(runner);
    await runner.query(keepHits);
    await screeningUp(runner);
    await allowDocuments(runner, [...documentsBefore, 'self_billing_paper']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await allowDocuments(runner, documentsBefore);
    await runner.query(
      `drop table screening_hits, self_billing_papers, self_billing_counters, tax_withholdings, tax_profiles, payout_details`,
    );
    await runner.query(`drop function keep_payout_details()`);
    await runner.query(`drop function keep_tax_profiles()`);
    await runner.query(`drop function keep_self_billing_papers()`);
    await runner.query(`drop function keep_screening_hits()`);
  }
}

/** A version stays what it was: only its decision is written into it, and another key may encrypt it. */
const keepVersions = `
  create function keep_payout_details() returns trigger language plpgsql as $$
  begin
    if tg_op = 'UPDATE' and (new.id, new.program_id, new.partner_id, new.version, new.kind, new.ending, new.channel,
        new.submitted_by, new.submitted_at) = (old.id, old.program_id, old.partner_id, old.version, old.kind, old.ending,
        old.channel, old.submitted_by, old.submitted_at)
      and new.country is not distinct from old.country and new.provider is not distinct from old.provider
      and (new.key_id = old.key_id) = (new.sealed = old.sealed)
    then
      return new;
    end if;
    raise exception '% keeps its versions', tg_table_name using errcode = 'restrict_violation';
  end $$`;

async function taxUp(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table tax_profiles (
      id text primary key,
      program_id text not null references programs (id),
      partner_id text not null references partners (id),
      version integer not null check (version >= 1),
      form text not null check (form in ('w9', 'w8ben', 'w8ben_e', 'vat')),
      country text not null check (length(country) = 2),
      tax_id_kind text check (tax_id_kind in ('ssn', 'itin', 'ein', 'foreign_tin', 'vat')),
      ending text not null check (length(ending) <= 4),
      signed_on text,
      expires_on text,
      sealed bytea not null,
      key_id text not null,
      channel text not null check (channel in ('partner', 'company', 'service')),
      submitted_by text not null,
      submitted_at timestamptz not null,
      unique (partner_id, version)
    )`);
  await runner.query(`create index tax_profiles_by_key on tax_profiles (key_id)`);
  await runner.query(
    `create trigger tax_profiles_kept before update or delete on tax_profiles for each row execute function keep_tax_profiles()`,
  );
  // What was decided on the tax of an item, once: 0 is a decision, too.
  await runner.query(`
    create table tax_withholdings (
      item_id text primary key,
      program_id text not null references programs (id),
      partner_id text not null references partners (id),
      tax_profile_id text references tax_profiles (id),
      rule_id text not null,
      rate_percent text not null,
      gross_minor bigint not null check (gross_minor > 0),
      withheld_minor bigint not null check (withheld_minor between 0 and gross_minor),
      currency text not null,
      decided_at timestamptz not null
    )`);
  await runner.query(
    `create trigger tax_withholdings_append_only before update or delete on tax_withholdings for each statement execute function refuse_change()`,
  );
}

/** A profile stays what it was; another key may encrypt it. */
const keepProfiles = `
  create function keep_tax_profiles() returns trigger language plpgsql as $$
  begin
    if tg_op = 'UPDATE' and new.key_id <> old.key_id
      and to_jsonb(new) - 'sealed' - 'key_id' = to_jsonb(old) - 'sealed' - 'key_id' then
      return new;
    end if;
    raise exception '% keeps its versions', tg_table_name using errcode = 'restrict_violation';
  end $$`;

async function papersUp(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table self_billing_counters (
      program_id text not null references programs (id),
      year integer not null check (year between 2000 and 9999),
      last integer not null check (last >= 0),
      primary key (program_id, year)
    )`);
  await runner.query(`
    create table self_billing_papers (
      id text primary key,
      program_id text not null references programs (id),
      partner_id text not null references partners (id),
      item_id text not null,
      kind text not null check (kind in ('invoice', 'credit_note')),
      year integer not null,
      number integer not null check (number >= 1),
      of_id text references self_billing_papers (id),
      currency text not null,
      amount_minor bigint not null check (amount_minor > 0),
      withheld_minor bigint not null check (withheld_minor between 0 and amount_minor),
      issued_at timestamptz not null,
      sealed bytea not null,
      key_id text not null,
      document_sha256 text,
      unique (program_id, year, number),
      unique (item_id, kind),
      check ((kind = 'credit_note') = (of_id is not null))
    )`);
  await runner.query(`create index self_billing_papers_partner on self_billing_papers (partner_id)`);
  await runner.query(`create index self_billing_papers_by_key on self_billing_papers (key_id)`);
  await runner.query(
    `create trigger self_billing_papers_kept before update or delete on self_billing_papers for each row execute function keep_self_billing_papers()`,
  );
}

/** A paper that has its number stays as it is; its document is drawn once, and another key may encrypt what it says. */
const keepPapers = `
  create function keep_self_billing_papers() returns trigger language plpgsql as $$
  begin
    if tg_op = 'UPDATE'
      and to_jsonb(new) - 'sealed' - 'key_id' - 'document_sha256' = to_jsonb(old) - 'sealed' - 'key_id' - 'document_sha256'
      and (old.document_sha256 is null or old.document_sha256 = new.document_sha256)
      and (new.key_id = old.key_id) = (new.sealed = old.sealed)
    then
      return new;
    end if;
    raise exception '% keeps its papers', tg_table_name using errcode = 'restrict_violation';
  end $$`;

/** The kinds of documents that there were until now. */
const documentsBefore = [
  'contract',
  'contract_sealed',
  'evidence_certificate',
  'remittance_advice',
  'redline',
  'attachment',
  'dossier',
];

async function allowDocuments(runner: QueryRunner, kinds: readonly string[]): Promise<void> {
  const list = kinds.map((kind) => `'${kind}'`).join(', ');
  await runner.query(`alter table documents drop constraint documents_kind_check`);
  await runner.query(`alter table documents add constraint documents_kind_check check (kind in (${list}))`);
}

async function screeningUp(runner: QueryRunner): Promise<void> {
  // Which name it was is a hash under a secret of the installation: another name is another question.
  await runner.query(`
    create table screening_hits (
      id text primary key,
      program_id text not null references programs (id),
      partner_id text not null references partners (id),
      list_version text not null,
      entry_id text not null,
      name_hash text not null,
      subject text not null check (subject in ('person', 'company', 'account_holder', 'legal_name')),
      score numeric(4, 3) not null check (score between 0 and 1),
      state text not null check (state in ('open', 'cleared', 'confirmed')),
      found_at timestamptz not null,
      decided_by text,
      decided_at timestamptz,
      reason text,
      unique (partner_id, list_version, entry_id, name_hash),
      check ((state = 'open') = (decided_at is null)),
      check (state = 'open' or (reason is not null and decided_by is not null))
    )`);
  await runner.query(`create index screening_hits_open on screening_hits (program_id, found_at) where state = 'open'`);
  await runner.query(
    `create trigger screening_hits_kept before update or delete on screening_hits for each row execute function keep_screening_hits()`,
  );
}

/** A hit stays; what a person decided on it is written into it once. */
const keepHits = `
  create function keep_screening_hits() returns trigger language plpgsql as $$
  begin
    if tg_op = 'UPDATE' and old.state = 'open'
      and to_jsonb(new) - 'state' - 'decided_by' - 'decided_at' - 'reason'
        = to_jsonb(old) - 'state' - 'decided_by' - 'decided_at' - 'reason'
    then
      return new;
    end if;
    raise exception '% keeps its decisions', tg_table_name using errcode = 'restrict_violation';
  end $$`;

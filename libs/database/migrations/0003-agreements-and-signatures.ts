import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Frozen terms, negotiations, documents by content, envelopes with their evidence, agreement versions as intervals. */
export class AgreementsAndSignatures1760000000003 implements MigrationInterface {
  name = 'AgreementsAndSignatures1760000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table terms_documents (
        program_id text not null references programs (id),
        hash text not null,
        canonical text not null,
        created_at timestamptz not null,
        primary key (program_id, hash)
      )`);
    await runner.query(`
      create table negotiations (
        id text primary key,
        program_id text not null references programs (id),
        application_id text not null unique references applications (id),
        partner_id text not null references partners (id),
        state text not null,
        current_number integer not null,
        agreed_hash text,
        reason text,
        created_at timestamptz not null,
        state_since timestamptz not null
      )`);
    await runner.query(`
      create table proposals (
        id text primary key,
        program_id text not null references programs (id),
        negotiation_id text not null references negotiations (id),
        number integer not null check (number >= 1),
        side text not null check (side in ('company', 'partner')),
        terms_hash text not null,
        actor_id text not null,
        note text,
        created_at timestamptz not null,
        unique (negotiation_id, number),
        foreign key (program_id, terms_hash) references terms_documents (program_id, hash)
      )`);
    await runner.query(`
      create table documents (
        program_id text not null references programs (id),
        sha256 text not null,
        kind text not null check (kind in ('contract', 'remittance_advice')),
        media_type text not null,
        bytes bytea not null,
        created_at timestamptz not null,
        primary key (program_id, sha256)
      )`);
    await runner.query(`
      create table envelopes (
        id text primary key,
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        negotiation_id text not null unique references negotiations (id),
        partner_id text not null references partners (id),
        state text not null,
        awaiting text check (awaiting in ('partner', 'company')),
        terms_hash text not null,
        document_sha256 text not null,
        consent_version text not null,
        link_hash text not null unique,
        effective_from timestamptz,
        reminders_sent integer not null default 0,
        expires_at timestamptz not null,
        reason text,
        created_at timestamptz not null,
        state_since timestamptz not null,
        foreign key (program_id, document_sha256) references documents (program_id, sha256),
        foreign key (program_id, terms_hash) references terms_documents (program_id, hash)
      )`);
    await runner.query(`create index envelopes_by_state on envelopes (program_id, state, state_since, id)`);
    await runner.query(`
      create table envelope_events (
        program_id text not null references programs (id),
        envelope_id text not null references envelopes (id),
        number integer not null,
        type text not null,
        at timestamptz not null,
        actor_id text not null,
        data jsonb not null,
        previous_hash text not null,
        hash text not null,
        primary key (envelope_id, number)
      )`);
    await runner.query(`
      create table agreements (
        id text primary key,
        program_id text not null references programs (id),
        partner_id text not null unique references partners (id),
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table agreement_versions (
        id text primary key,
        program_id text not null references programs (id),
        agreement_id text not null references agreements (id),
        partner_id text not null references partners (id),
        version integer not null check (version >= 1),
        terms_hash text not null,
        envelope_id text not null unique references envelopes (id),
        in_force tstzrange not null check (not isempty(in_force) and lower_inc(in_force) and not upper_inc(in_force)),
        created_at timestamptz not null,
        unique (agreement_id, version),
        foreign key (program_id, terms_hash) references terms_documents (program_id, hash),
        exclude using gist (partner_id with =, in_force with &&)
      )`);
    for (const table of ['terms_documents', 'proposals', 'documents', 'envelope_events']) {
      await runner.query(
        `create trigger ${table}_append_only before update or delete on ${table} for each statement execute function refuse_change()`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table agreement_versions, agreements, envelope_events, envelopes, documents, proposals, negotiations, terms_documents`,
    );
  }
}

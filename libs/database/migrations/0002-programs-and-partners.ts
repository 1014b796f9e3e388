import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Programs and their immutable versions; people apart from what they do; applications, references and partners. */
export class ProgramsAndPartners1760000000002 implements MigrationInterface {
  name = 'ProgramsAndPartners1760000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table programs (
        id text primary key,
        slug text not null unique,
        current_version integer not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table program_versions (
        program_id text not null references programs (id),
        version integer not null check (version >= 1),
        document jsonb not null,
        document_hash text not null,
        created_at timestamptz not null,
        created_by text not null,
        primary key (program_id, version)
      )`);
    await runner.query(
      `create trigger program_versions_append_only before update or delete on program_versions for each statement execute function refuse_change()`,
    );
    // Name, mail address and phone stand here alone, so that a person can be erased without touching the record.
    await runner.query(`
      create table persons (
        id text primary key,
        program_id text not null references programs (id),
        name text,
        email text,
        phone text,
        erased_at timestamptz
      )`);
    await runner.query(`
      create table applications (
        id text primary key,
        program_id text not null references programs (id),
        program_version integer not null,
        person_id text not null references persons (id),
        stage text not null,
        company text,
        form jsonb not null default '{}',
        decision_due_at timestamptz not null,
        effective_from timestamptz,
        partner_reference text collate "C",
        reason text,
        request_key text,
        created_at timestamptz not null,
        stage_since timestamptz not null,
        unique (program_id, request_key)
      )`);
    await runner.query(`create index applications_by_stage on applications (program_id, stage, stage_since, id)`);
    await runner.query(`
      create table application_references (
        id text primary key,
        program_id text not null references programs (id),
        application_id text not null references applications (id),
        person_id text not null references persons (id),
        relation text
      )`);
    await runner.query(`create index application_references_of on application_references (application_id)`);
    await runner.query(`
      create table partners (
        id text primary key,
        program_id text not null references programs (id),
        application_id text not null unique references applications (id),
        person_id text not null references persons (id),
        reference text collate "C" not null,
        stage text not null,
        created_at timestamptz not null,
        activated_at timestamptz,
        unique (program_id, reference)
      )`);
    await runner.query(`
      create table partner_tiers (
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        from_at timestamptz not null,
        tier text not null,
        reason text not null,
        recorded_at timestamptz not null,
        primary key (partner_id, from_at)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table partner_tiers, partners, application_references, applications, persons, program_versions, programs`,
    );
  }
}

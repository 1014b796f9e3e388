import type { MigrationInterface, QueryRunner } from 'typeorm';

const appendOnly = ['proposal_retractions', 'internal_approval_decisions', 'terms_template_versions'];

/** Negotiations of amendments too, rounds with deadlines, internal approvals, comments, templates of terms and simulations. */
export class Negotiation1760000000009 implements MigrationInterface {
  name = 'Negotiation1760000000009';

  async up(runner: QueryRunner): Promise<void> {
    // An application has one negotiation of its first contract; an agreement has one negotiation of a change at a time.
    await runner.query(`alter table negotiations drop constraint negotiations_application_id_key`);
    await runner.query(`
      alter table negotiations
        add column kind text not null default 'initial' check (kind in ('initial', 'amendment', 'renewal')),
        add column agreement_id text references agreements (id),
        add column base_version_id text references agreement_versions (id),
        add column template_id text,
        add column template_version integer,
        add column last_number integer,
        add column revision integer not null default 0,
        add column due_at timestamptz,
        add column reminded_until timestamptz,
        add constraint negotiations_subject check ((kind = 'initial') = (agreement_id is null))`);
    await runner.query(`update negotiations set last_number = current_number`);
    await runner.query(`alter table negotiations alter column last_number set not null`);
    await runner.query(
      `create unique index negotiations_initial on negotiations (application_id) where kind = 'initial'`,
    );
    await runner.query(
      `create unique index negotiations_open_change on negotiations (agreement_id) where agreement_id is not null and state = 'open'`,
    );
    await runner.query(`alter table proposals add column answer_within text, add column approval_id text`);
    await runner.query(`
      create table proposal_retractions (
        negotiation_id text not null references negotiations (id),
        number integer not null,
        program_id text not null references programs (id),
        actor_id text not null,
        created_at timestamptz not null,
        primary key (negotiation_id, number)
      )`);
    await runner.query(`
      create table internal_approvals (
        id text primary key,
        program_id text not null references programs (id),
        negotiation_id text not null references negotiations (id),
        move text not null check (move in ('proposal', 'acceptance')),
        state text not null check (state in ('pending', 'approved', 'rejected', 'withdrawn', 'superseded')),
        terms_hash text not null,
        answers_number integer not null,
        answer_within text,
        note text,
        needed jsonb not null,
        proposed_by text not null,
        created_at timestamptz not null,
        state_since timestamptz not null,
        foreign key (program_id, terms_hash) references terms_documents (program_id, hash)
      )`);
    await runner.query(`create index internal_approvals_of on internal_approvals (negotiation_id, id)`);
    await runner.query(
      `create unique index internal_approvals_pending on internal_approvals (negotiation_id) where state = 'pending'`,
    );
    await runner.query(`
      create table internal_approval_decisions (
        approval_id text not null references internal_approvals (id),
        role text not null,
        program_id text not null references programs (id),
        actor_id text not null,
        decision text not null check (decision in ('approve', 'reject')),
        reason text,
        created_at timestamptz not null,
        primary key (approval_id, role)
      )`);
    // Not append-only: people write here, so what they wrote can be erased with the person.
    await runner.query(`
      create table negotiation_comments (
        id text primary key,
        program_id text not null references programs (id),
        negotiation_id text not null references negotiations (id),
        number integer not null,
        side text not null check (side in ('company', 'partner')),
        visibility text not null check (visibility in ('both', 'company')),
        actor_id text not null,
        reply_to text references negotiation_comments (id),
        text text not null,
        request_key text unique,
        created_at timestamptz not null,
        check (side = 'company' or visibility = 'both')
      )`);
    await runner.query(`create index negotiation_comments_of on negotiation_comments (negotiation_id, id)`);
    await runner.query(`
      create table terms_templates (
        id text primary key,
        program_id text not null references programs (id),
        partner_type text,
        tier text,
        is_automatic boolean not null,
        current_version integer not null,
        request_key text unique,
        created_at timestamptz not null,
        retired_at timestamptz
      )`);
    // Which template an application gets must never be a matter of chance.
    await runner.query(
      `create unique index terms_templates_automatic on terms_templates (program_id, coalesce(partner_type, ''), coalesce(tier, ''))
         where is_automatic and retired_at is null`,
    );
    await runner.query(`create index terms_templates_of on terms_templates (program_id, id)`);
    await runner.query(`
      create table terms_template_versions (
        template_id text not null references terms_templates (id),
        version integer not null check (version >= 1),
        program_id text not null references programs (id),
        name text not null,
        terms_hash text not null,
        created_by text not null,
        created_at timestamptz not null,
        primary key (template_id, version),
        foreign key (program_id, terms_hash) references terms_documents (program_id, hash)
      )`);
    await runner.query(`
      alter table negotiations add constraint negotiations_template foreign key (template_id, template_version)
        references terms_template_versions (template_id, version)`);
    await runner.query(`
      create table terms_simulations (
        id text primary key,
        program_id text not null references programs (id),
        negotiation_id text not null references negotiations (id),
        number integer,
        terms_hash text not null,
        baseline_hash text not null,
        source text not null check (source in ('program', 'partner', 'file')),
        from_at timestamptz,
        until_at timestamptz,
        file bytea,
        state text not null check (state in ('running', 'done', 'failed')),
        result jsonb,
        requested_by text not null,
        request_key text unique,
        created_at timestamptz not null,
        state_since timestamptz not null,
        check ((source = 'file') = (from_at is null)),
        foreign key (program_id, terms_hash) references terms_documents (program_id, hash),
        foreign key (program_id, baseline_hash) references terms_documents (program_id, hash)
      )`);
    await runner.query(`create index terms_simulations_of on terms_simulations (negotiation_id, id)`);
    for (const table of appendOnly) {
      await runner.query(
        `create trigger ${table}_append_only before update or delete on ${table} for each statement execute function refuse_change()`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table negotiations drop constraint negotiations_template`);
    await runner.query(
      `drop table terms_simulations, terms_template_versions, terms_templates, negotiation_comments, internal_approval_decisions, internal_approvals, proposal_retractions`,
    );
    await runner.query(`alter table proposals drop column answer_within, drop column approval_id`);
    await runner.query(`drop index negotiations_initial, negotiations_open_change`);
    await runner.query(`
      alter table negotiations drop constraint negotiations_subject, drop column kind, drop column agreement_id, drop column base_version_id,
        drop column template_id, drop column template_version, drop column last_number, drop column revision,
        drop column due_at, drop column reminded_until, add constraint negotiations_application_id_key unique (application_id)`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Changes of agreements in force: one at a time, each with what became of it. */
export class Amendments1760000000015 implements MigrationInterface {
  name = 'Amendments1760000000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table agreement_amendments (
        id text primary key,
        program_id text not null references programs (id),
        agreement_id text not null references agreements (id),
        partner_id text not null references partners (id),
        side text not null check (side in ('company', 'partner')),
        state text not null check (state in ('awaiting_approval', 'announcing', 'noticed', 'negotiating', 'signing',
          'adopted', 'refused', 'withdrawn', 'expired', 'cancelled')),
        base_version_id text not null references agreement_versions (id),
        base_hash text not null,
        terms_hash text not null,
        agreed_hash text,
        needs_consent boolean not null,
        material text[] not null,
        is_renewal boolean not null,
        wanted_from timestamptz,
        answer_within text,
        reason text not null,
        proposed_by text not null,
        shown_at timestamptz,
        negotiation_id text unique references negotiations (id),
        notified_at timestamptz,
        notice_ends_at timestamptz,
        may_object boolean,
        notice_document_sha256 text,
        objected_at timestamptz,
        objection text,
        version_id text unique references agreement_versions (id),
        effective_from timestamptz,
        cause text,
        end_reason text,
        revision integer not null default 0,
        created_at timestamptz not null,
        state_since timestamptz not null,
        foreign key (program_id, base_hash) references terms_documents (program_id, hash),
        foreign key (program_id, terms_hash) references terms_documents (program_id, hash),
        foreign key (program_id, agreed_hash) references terms_documents (program_id, hash),
        check ((state = 'adopted') = (version_id is not null)),
        check ((state in ('refused', 'withdrawn', 'expired', 'cancelled')) = (cause is not null)),
        check (num_nulls(notified_at, notice_ends_at, may_object) in (0, 3))
      )`);
    await runner.query(`create index agreement_amendments_of on agreement_amendments (agreement_id, id)`);
    // Two changes on their way at once could each be agreed on terms that the other has replaced.
    await runner.query(
      `create unique index agreement_amendments_open on agreement_amendments (agreement_id)
         where state in ('awaiting_approval', 'announcing', 'noticed', 'negotiating', 'signing')`,
    );
    // What the company's people approve before the partner sees it may open an amendment as well as answer in a negotiation.
    await runner.query(`
      alter table internal_approvals alter column negotiation_id drop not null,
        add column amendment_id text references agreement_amendments (id),
        add constraint internal_approvals_subject check (num_nonnulls(negotiation_id, amendment_id) = 1)`);
    await runner.query(
      `create unique index internal_approvals_amendment on internal_approvals (amendment_id) where state = 'pending'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table internal_approval_decisions disable trigger internal_approval_decisions_append_only`,
    );
    await runner.query(`
      delete from internal_approval_decisions
      where approval_id in (select id from internal_approvals where amendment_id is not null)`);
    await runner.query(
      `alter table internal_approval_decisions enable trigger internal_approval_decisions_append_only`,
    );
    await runner.query(`delete from internal_approvals where amendment_id is not null`);
    await runner.query(`drop index internal_approvals_amendment`);
    await runner.query(`
      alter table internal_approvals drop constraint internal_approvals_subject, drop column amendment_id,
        alter column negotiation_id set not null`);
    await runner.query(`drop table agreement_amendments`);
  }
}

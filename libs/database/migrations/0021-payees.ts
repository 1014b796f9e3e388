import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where partners are paid to. Bank and tax data is encrypted; what may be shown stands beside it. */
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
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table payout_details`);
    await runner.query(`drop function keep_payout_details()`);
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

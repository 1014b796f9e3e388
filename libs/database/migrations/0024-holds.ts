import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Holds of what events have earned, what rules look at for them, disputes, and write-offs of what partners owe. */
export class Holds1760000000024 implements MigrationInterface {
  name = 'Holds1760000000024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table line_holds (
        id text primary key,
        program_id text not null references programs (id),
        event_id text collate "C" not null,
        partner_id text not null references partners (id),
        cause text not null,
        seen jsonb not null default '{}',
        note text,
        owner_role text not null,
        owner_id text,
        state text not null check (state in ('open', 'overdue', 'released', 'rejected')),
        placed_by text not null,
        placed_at timestamptz not null,
        expires_at timestamptz not null,
        asked_at timestamptz,
        decided_by text,
        decided_at timestamptz,
        reason text,
        void_event_id text,
        foreign key (program_id, event_id) references events (program_id, id),
        check ((state in ('released', 'rejected')) = (decided_at is not null))
      )`);
    await runner.query(
      `create unique index line_holds_open on line_holds (program_id, event_id, cause) where state in ('open', 'overdue')`,
    );
    await runner.query(`create index line_holds_of_event on line_holds (program_id, event_id)`);
    await runner.query(`create index line_holds_of_partner on line_holds (partner_id, id)`);
    await runner.query(`create index line_holds_by_state on line_holds (program_id, state, id)`);
    await runner.query(
      `create index line_holds_by_expiry on line_holds (program_id, expires_at) where state in ('open', 'overdue')`,
    );
    // Events come in the order of this column, so that a few bytes per block are all that finding the new ones costs.
    await runner.query(`create index events_received on events using brin (received_at) with (autosummarize = on)`);
    await this.riskFacts(runner);
    await this.disputes(runner);
    await this.writeOffs(runner);
  }

  /** Facts that are never priced: about events, about partners, about coupons; and how far the rules have looked. */
  private async riskFacts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table event_risk_facts (
        program_id text not null references programs (id),
        event_id text collate "C" not null,
        email_hash text,
        address_hash text,
        card_fingerprint text,
        recorded_at timestamptz not null,
        primary key (program_id, event_id)
      )`);
    await runner.query(
      `create trigger event_risk_facts_append_only before update or delete on event_risk_facts for each statement execute function refuse_change()`,
    );
    await runner.query(`
      create table partner_risk_facts (
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        kind text not null check (kind in ('email', 'address', 'card')),
        value text not null,
        recorded_by text not null,
        recorded_at timestamptz not null,
        primary key (partner_id, kind, value)
      )`);
    await runner.query(`
      create table leaked_coupons (
        program_id text not null references programs (id),
        coupon text collate "C" not null,
        since timestamptz,
        note text,
        added_by text not null,
        added_at timestamptz not null,
        primary key (program_id, coupon)
      )`);
    await runner.query(`
      create table hold_reviews (
        program_id text primary key references programs (id),
        reviewed_until timestamptz not null
      )`);
  }

  private async disputes(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table disputes (
        id text primary key,
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        subject text not null check (subject in ('event', 'line', 'missing')),
        subject_key text collate "C" not null,
        event_id text collate "C",
        rule_id text collate "C",
        facts jsonb not null default '{}',
        text text not null,
        state text not null check (state in ('open', 'awaiting_approval', 'upheld', 'rejected', 'withdrawn')),
        due_at timestamptz not null,
        remind_at timestamptz not null,
        overdue_at timestamptz,
        opened_by text not null,
        opened_at timestamptz not null,
        answered_by text,
        answered_at timestamptz,
        answer text,
        adjustment_minor bigint check (adjustment_minor <> 0),
        currency text,
        approved_by text,
        approved_at timestamptz,
        state_since timestamptz not null,
        check ((adjustment_minor is null) = (currency is null))
      )`);
    await runner.query(
      `create unique index disputes_open on disputes (partner_id, subject_key) where state in ('open', 'awaiting_approval')`,
    );
    await runner.query(`create index disputes_of_partner on disputes (partner_id, id)`);
    await runner.query(`create index disputes_of_event on disputes (program_id, event_id) where event_id is not null`);
    await runner.query(`create index disputes_by_state on disputes (program_id, state, id)`);
    await runner.query(
      `create index disputes_by_deadline on disputes (program_id, remind_at) where state in ('open', 'awaiting_approval')`,
    );
  }

  private async writeOffs(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table receivable_write_offs (
        id text primary key,
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        amount_minor bigint not null check (amount_minor > 0),
        currency text not null,
        state text not null check (state in ('proposed', 'approved', 'refused', 'withdrawn')),
        reason text not null,
        proposed_by text not null,
        proposed_at timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        decision_reason text,
        check (decided_by is null or state <> 'approved' or decided_by <> proposed_by)
      )`);
    await runner.query(
      `create unique index receivable_write_offs_open on receivable_write_offs (partner_id, currency) where state = 'proposed'`,
    );
    await runner.query(`create index receivable_write_offs_by_state on receivable_write_offs (program_id, state, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table receivable_write_offs, disputes, hold_reviews, leaked_coupons, partner_risk_facts, event_risk_facts, line_holds`,
    );
    await runner.query(`drop index events_received`);
  }
}

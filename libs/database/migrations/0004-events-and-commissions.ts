import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accepted events, kept for ever as they came, and the commission lines priced from them. */
export class EventsAndCommissions1760000000004 implements MigrationInterface {
  name = 'EventsAndCommissions1760000000004';

  async up(runner: QueryRunner): Promise<void> {
    // Ids compare byte by byte (collation C): within a partner, events run in the order (occurredAt, id).
    await runner.query(`
      create table events (
        program_id text not null references programs (id),
        id text collate "C" not null,
        type text collate "C" not null,
        partner_id text references partners (id),
        occurred_at timestamptz(3) not null,
        amount_minor bigint check (amount_minor >= 0),
        currency text,
        customer text collate "C",
        coupon text collate "C",
        products text[] collate "C",
        country text collate "C",
        campaign text collate "C",
        refund_of text collate "C",
        void_of text collate "C",
        content_hash text not null,
        received_at timestamptz not null,
        primary key (program_id, id)
      )`);
    await runner.query(
      `create index events_timeline on events (partner_id, occurred_at, id) where partner_id is not null`,
    );
    // A customer's first sale is one step of an index, and so is each event that a late sale affects.
    await runner.query(
      `create index events_of_customers on events (partner_id, customer, occurred_at, id) where customer is not null`,
    );
    await runner.query(
      `create index events_customer_sales on events (partner_id, customer, occurred_at, id) where type = 'sale' and customer is not null`,
    );
    await runner.query(
      `create index events_corrections on events (program_id, (coalesce(refund_of, void_of)), occurred_at, id) where type in ('refund', 'void')`,
    );
    await runner.query(
      `create trigger events_append_only before update or delete on events for each statement execute function refuse_change()`,
    );
    // One row per partner, locked by whatever moves its accrued or payable money: a partner's money has one writer at a time.
    await runner.query(`
      create table partner_timelines (
        partner_id text primary key references partners (id),
        program_id text not null references programs (id)
      )`);
    await runner.query(`
      create table commission_lines (
        program_id text not null references programs (id),
        event_id text collate "C" not null,
        partner_id text not null references partners (id),
        rule_id text collate "C" not null,
        step bigint not null default 0,
        kind text not null check (kind in ('commission', 'reversal')),
        of_event_id text collate "C",
        amount_minor bigint not null,
        vested_minor bigint not null default 0,
        currency text not null,
        terms_hash text not null,
        agreement_version_id text not null references agreement_versions (id),
        clause text not null,
        clamp text,
        occurred_at timestamptz(3) not null,
        vest_at timestamptz not null,
        revision integer not null default 1,
        computed_at timestamptz not null,
        primary key (program_id, event_id, partner_id, rule_id, step)
      )`);
    await runner.query(
      `create index commission_lines_vesting on commission_lines (program_id, vest_at) where vested_minor <> amount_minor`,
    );
    await runner.query(`create index commission_lines_partner on commission_lines (partner_id, occurred_at, event_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table commission_lines, partner_timelines, events`);
  }
}

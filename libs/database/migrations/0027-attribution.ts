import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links, coupon codes and touches of partners, and the shares of the events that were attributed by them. */
export class Attribution1760000000027 implements MigrationInterface {
  name = 'Attribution1760000000027';

  async up(runner: QueryRunner): Promise<void> {
    await linksAndCodes(runner);
    await touches(runner);
    await shares(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop view partner_events`);
    await runner.query(`drop table event_shares`);
    await runner.query(`drop index events_by_click`);
    await runner.query(`drop index events_without_partner`);
    await runner.query(`alter table events drop column click`);
    await runner.query(`drop table customer_clicks, touches, coupon_codes, partner_links`);
  }
}

async function linksAndCodes(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table partner_links (
      id text primary key,
      program_id text not null references programs (id),
      partner_id text not null references partners (id),
      slug text collate "C" not null unique,
      destination text not null,
      parameters jsonb not null,
      click_parameter text not null,
      name text not null,
      created_by text not null,
      created_at timestamptz not null,
      ended_at timestamptz(3)
    )`);
  await runner.query(`create index partner_links_of_partner on partner_links (partner_id, id)`);
  await runner.query(`
    create table coupon_codes (
      id text primary key,
      program_id text not null references programs (id),
      partner_id text not null references partners (id),
      code text collate "C" not null,
      created_by text not null,
      created_at timestamptz not null,
      ended_at timestamptz(3),
      unique (program_id, code)
    )`);
  await runner.query(`create index coupon_codes_of_partner on coupon_codes (partner_id, id)`);
}

async function touches(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create table touches (
      program_id text not null references programs (id),
      id text collate "C" not null,
      kind text not null check (kind in ('click', 'coupon', 'referral')),
      partner_id text not null references partners (id),
      occurred_at timestamptz(3) not null,
      customer text collate "C",
      role text,
      link_id text references partner_links (id),
      coupon text collate "C",
      parameters jsonb,
      content_hash text not null,
      received_at timestamptz not null,
      primary key (program_id, id)
    )`);
  await runner.query(
    `create index touches_of_customers on touches (program_id, customer, occurred_at, id) where customer is not null`,
  );
  await runner.query(`create index touches_of_partners on touches (partner_id, occurred_at, id)`);
  // Which clicks a customer turned out to have made, from the events that name both.
  await runner.query(`
    create table customer_clicks (
      program_id text not null references programs (id),
      customer text collate "C" not null,
      click text collate "C" not null,
      recorded_at timestamptz not null,
      primary key (program_id, customer, click)
    )`);
  await runner.query(`create index customer_clicks_by_click on customer_clicks (program_id, click)`);
  for (const table of ['touches', 'customer_clicks']) {
    await runner.query(
      `create trigger ${table}_append_only before update or delete on ${table} for each statement execute function refuse_change()`,
    );
  }
}

async function shares(runner: QueryRunner): Promise<void> {
  await runner.query(`alter table events add column click text collate "C"`);
  await runner.query(
    `create index events_without_partner on events (program_id, customer, occurred_at, id)
     where partner_id is null and customer is not null`,
  );
  await runner.query(`create index events_by_click on events (program_id, click) where click is not null`);
  // All of the event that pricing reads, so that a partner's timeline is read from one table without a join.
  await runner.query(`
    create table event_shares (
      program_id text not null,
      event_id text collate "C" not null,
      partner_id text not null references partners (id),
      type text collate "C" not null,
      occurred_at timestamptz(3) not null,
      amount_minor bigint not null check (amount_minor >= 0),
      currency text,
      customer text collate "C",
      coupon text collate "C",
      products text[] collate "C",
      country text collate "C",
      campaign text collate "C",
      click text collate "C",
      whole_minor bigint not null check (whole_minor >= amount_minor),
      weights text[] not null,
      place integer not null check (place >= 0),
      primary key (program_id, event_id, partner_id),
      foreign key (program_id, event_id) references events (program_id, id)
    )`);
  await runner.query(`create index event_shares_timeline on event_shares (partner_id, occurred_at, event_id)`);
  await runner.query(
    `create index event_shares_of_customers on event_shares (partner_id, customer, occurred_at, event_id) where customer is not null`,
  );
  await runner.query(`
    create view partner_events as
      select program_id, id, type, partner_id, occurred_at, amount_minor, currency, customer, coupon, products, country, campaign,
             click, refund_of, void_of, null::bigint as whole_minor, null::text[] as weights, null::integer as place
      from events where partner_id is not null
      union all
      select program_id, event_id, type, partner_id, occurred_at, amount_minor, currency, customer, coupon, products, country,
             campaign, click, null::text collate "C", null::text collate "C", whole_minor, weights, place
      from event_shares`);
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The exchange rates of programs: the first rate of a day is kept. */
export class ExchangeRates1760000000025 implements MigrationInterface {
  name = 'ExchangeRates1760000000025';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table exchange_rates (
        id bigint generated always as identity primary key,
        program_id text not null references programs (id),
        day date not null,
        from_currency text collate "C" not null,
        to_currency text collate "C" not null,
        rate text not null,
        max_amount_minor bigint not null check (max_amount_minor >= 0),
        recorded_by text not null,
        recorded_at timestamptz not null,
        unique (program_id, day, from_currency, to_currency)
      )`);
    await runner.query(`create index exchange_rates_of on exchange_rates (program_id, id)`);
    await runner.query(
      `create trigger exchange_rates_append_only before update or delete on exchange_rates
       for each statement execute function refuse_change()`,
    );
    // Rates whose day's events are still to be priced: a row goes once they are.
    await runner.query(`
      create table exchange_rates_to_apply (
        rate_id bigint primary key references exchange_rates (id),
        program_id text not null references programs (id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table exchange_rates_to_apply, exchange_rates`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rewards that several events gave together are posted as one transaction which keeps its parts: the event, its instant in
 * milliseconds since 1970 and the amount of each. Their lines say which transaction they were accrued in.
 */
export class SummaryPostings1760000000032 implements MigrationInterface {
  name = 'SummaryPostings1760000000032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table ledger_transactions add column parts jsonb,
        add constraint ledger_transactions_parts check (
          parts is null or (event_id is null and jsonb_typeof(parts) = 'array' and jsonb_array_length(parts) > 1))`);
    await runner.query(`alter table commission_lines add column accrued_in text`);
    await runner.query(`
      create function ledger_parts(parts jsonb)
        returns table (part bigint, event_id text, event_at timestamptz, amount_minor bigint)
        language sql immutable parallel safe as $$
        select ordinality, value ->> 0, to_timestamp((value ->> 1)::bigint / 1000.0), (value ->> 2)::bigint
        from jsonb_array_elements(parts) with ordinality $$`);
  }

  /** What was posted together cannot be told apart by the tables before it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      do $$ begin
        if exists (select from ledger_transactions where parts is not null) then
          raise exception 'some rewards were posted together: the tables before cannot say of which events they are';
        end if;
      end $$`);
    await runner.query(`drop function ledger_parts(jsonb)`);
    await runner.query(`alter table commission_lines drop column accrued_in`);
    await runner.query(`alter table ledger_transactions drop column parts`);
  }
}

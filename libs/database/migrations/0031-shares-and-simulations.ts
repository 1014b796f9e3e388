import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A hold is one partner's: of an event that several share, each line is held by itself. Simulations know from when on bonuses
 * of the calendar are counted, and up to when.
 */
export class SharesAndSimulations1760000000031 implements MigrationInterface {
  name = 'SharesAndSimulations1760000000031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index line_holds_open`);
    await runner.query(
      `create unique index line_holds_open on line_holds (program_id, event_id, partner_id, cause) where state in ('open', 'overdue')`,
    );
    await runner.query(
      `alter table terms_simulations add column activated_at timestamptz(3), add column as_of timestamptz(3)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table terms_simulations drop column activated_at, drop column as_of`);
    await runner.query(`drop index line_holds_open`);
    await runner.query(
      `create unique index line_holds_open on line_holds (program_id, event_id, cause) where state in ('open', 'overdue')`,
    );
  }
}

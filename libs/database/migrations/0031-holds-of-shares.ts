import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A hold is one partner's: of an event that several share, each line is held by itself. */
export class HoldsOfShares1760000000031 implements MigrationInterface {
  name = 'HoldsOfShares1760000000031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index line_holds_open`);
    await runner.query(
      `create unique index line_holds_open on line_holds (program_id, event_id, partner_id, cause) where state in ('open', 'overdue')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index line_holds_open`);
    await runner.query(
      `create unique index line_holds_open on line_holds (program_id, event_id, cause) where state in ('open', 'overdue')`,
    );
  }
}

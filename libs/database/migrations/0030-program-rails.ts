import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A batch keeps the rail that it was drafted for; a partner may have an account at each rail, and an account knows which
 * details of its partner the rail was told of.
 */
export class ProgramRails1760000000030 implements MigrationInterface {
  name = 'ProgramRails1760000000030';

  async up(runner: QueryRunner): Promise<void> {
    // Null on batches from before of which nothing was sent: they go by the rail of the installation, as they would have.
    await runner.query(`alter table payout_batches add column rail text`);
    await runner.query(`
      update payout_batches batch set rail = sent.rail
      from (select distinct on (item.batch_id) item.batch_id, attempt.rail
            from payout_attempts attempt join payout_items item on item.id = attempt.item_id
            order by item.batch_id, attempt.first_sent_at desc) sent
      where sent.batch_id = batch.id`);
    await runner.query(`alter table payout_accounts drop constraint payout_accounts_pkey`);
    await runner.query(`alter table payout_accounts add primary key (partner_id, rail)`);
    await runner.query(`
      alter table payout_accounts
        add column told_details_id text references payout_details (id),
        add column refused_details_id text references payout_details (id),
        add column telling_until timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The account at the latest rail is what the installation would have known.
    await runner.query(`
      delete from payout_accounts older using payout_accounts newer
      where older.partner_id = newer.partner_id
        and (older.created_at, older.rail) < (newer.created_at, newer.rail)`);
    await runner.query(`alter table payout_accounts drop constraint payout_accounts_pkey`);
    await runner.query(`alter table payout_accounts add primary key (partner_id)`);
    await runner.query(`
      alter table payout_accounts
        drop column told_details_id, drop column refused_details_id, drop column telling_until`);
    await runner.query(`alter table payout_batches drop column rail`);
  }
}

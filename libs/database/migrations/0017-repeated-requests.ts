import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A repeat of a request whose process died goes on under the id of the first one, by which its steps are known. */
export class RepeatedRequests1760000000017 implements MigrationInterface {
  name = 'RepeatedRequests1760000000017';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table idempotency_keys add column request_id text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table idempotency_keys drop column request_id`);
  }
}

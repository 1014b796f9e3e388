import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The language that a person is written to in. */
export class Languages1760000000007 implements MigrationInterface {
  name = 'Languages1760000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table persons add column language text not null default 'en' check (language in ('en', 'id', 'ar'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table persons drop column language`);
  }
}

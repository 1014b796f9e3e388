import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Bytes of documents move to the document storage; rows from before keep theirs. */
export class Documents1760000000011 implements MigrationInterface {
  name = 'Documents1760000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents alter column bytes drop not null, add column size_bytes integer`);
    await runner.query(
      `alter table documents add constraint documents_size_check check (size_bytes is not null or bytes is not null)`,
    );
  }

  /** Refused by the database itself once documents lie in the storage: their rows can't take the bytes back. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents drop constraint documents_size_check`);
    await runner.query(`alter table documents drop column size_bytes, alter column bytes set not null`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Bytes of documents move to the document storage; rows from before keep theirs. What is erased
 * is remembered until its bytes have left the storage.
 */
export class Documents1760000000011 implements MigrationInterface {
  name = 'Documents1760000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents alter column bytes drop not null, add column size_bytes integer`);
    await runner.query(
      `alter table documents add constraint documents_size_check check (size_bytes is not null or bytes is not null)`,
    );
    await this.addRemovals(runner);
  }

  /** A row that is erased leaves its hash here, until its bytes are gone from the storage too, and after. */
  private async addRemovals(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table document_removals (
        program_id text not null references programs (id),
        sha256 text not null,
        erased_at timestamptz,
        primary key (program_id, sha256)
      )`);
    await runner.query(`create index document_removals_open on document_removals (sha256) where erased_at is null`);
    await runner.query(`
      create function remember_document_removal() returns trigger language plpgsql as $$
      begin
        insert into document_removals (program_id, sha256) values (old.program_id, old.sha256)
        on conflict (program_id, sha256) do update set erased_at = null;
        return old;
      end $$`);
    await runner.query(
      `create trigger documents_removal after delete on documents for each row execute function remember_document_removal()`,
    );
  }

  /** Refused by the database itself once documents lie in the storage: their rows can't take the bytes back. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop trigger documents_removal on documents`);
    await runner.query(`drop function remember_document_removal()`);
    await runner.query(`drop table document_removals`);
    await runner.query(`alter table documents drop constraint documents_size_check`);
    await runner.query(`alter table documents drop column size_bytes, alter column bytes set not null`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whoever else was to sign a contract that came to nothing, what was said while it was negotiated and what was sealed
 * already is erased with its applicant.
 */
export class ErasureOfContracts1760000000016 implements MigrationInterface {
  name = 'ErasureOfContracts1760000000016';

  async up(runner: QueryRunner): Promise<void> {
    const sealed = 'd.sha256 in (e.document_sha256, e.partner_sealed_sha256, e.sealed_sha256, e.timestamped_sha256)';
    await eraseDocuments(runner, ['attachment', 'contract', 'contract_sealed', 'dossier'], sealed);
    await eraseApplicant(
      runner,
      `
        update internal_approval_decisions d set reason = null from internal_approvals i, negotiations n
          where i.id = d.approval_id and n.id = i.negotiation_id and n.application_id = erased and d.reason is not null;`,
    );
    await this.letErase(runner, [...before, 'internal_approval_decisions']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.letErase(runner, before);
    await eraseDocuments(runner, ['attachment', 'contract', 'dossier'], 'e.document_sha256 = d.sha256');
    await eraseApplicant(runner, '');
  }

  private async letErase(runner: QueryRunner, tables: readonly string[]): Promise<void> {
    await runner.query(`
      create or replace function refuse_change() returns trigger language plpgsql as $$
      begin
        if current_setting('pactline.erasing', true) = 'on'
          and tg_table_name in (${tables.map((table) => `'${table}'`).join(', ')})
          and current_user = (select tableowner from pg_tables where schemaname = tg_table_schema and tablename = tg_table_name)
        then
          return coalesce(new, old);
        end if;
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
      end $$`);
  }
}

/** The append-only tables that erasure reached until now. */
const before = ['audit_facts', 'proposals', 'envelope_events', 'documents'];

/** The function that erases documents of these kinds, unless an envelope that counts still has one by `isNamed`. */
async function eraseDocuments(runner: QueryRunner, kinds: readonly string[], isNamed: string): Promise<void> {
  // Indented as it was written first: going back down must give the very same text.
  await runner.query(`
      create or replace function erase_documents(of_program text, hashes text[]) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
      begin
        perform set_config('pactline.erasing', 'on', true);
        delete from documents d where d.program_id = of_program and d.sha256 = any (hashes)
          and d.kind in (${kinds.map((kind) => `'${kind}'`).join(', ')})
          and not exists (
            select 1 from envelopes e join applications a on a.id = e.application_id
            where e.program_id = d.program_id and ${isNamed}
              and (e.state = 'executed' or a.stage not in ('rejected', 'withdrawn', 'expired', 'lapsed')));
        perform set_config('pactline.erasing', 'off', true);
      end $$`);
}

/** The function that erases what append-only tables hold of an applicant, with `more` statements among its own. */
async function eraseApplicant(runner: QueryRunner, more: string): Promise<void> {
  await runner.query(`
      create or replace function erase_applicant(erased text) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
      declare
        subjects text[];
      begin
        if not exists (select 1 from applications where id = erased and stage in ('rejected', 'withdrawn', 'expired', 'lapsed')) then
          raise exception 'application % may not be erased', erased using errcode = 'restrict_violation';
        end if;
        subjects := array (select erased
          union all select id from partners where application_id = erased
          union all select id from negotiations where application_id = erased
          union all select id from envelopes where application_id = erased
          union all select id from application_references where application_id = erased
          union all select id from information_requests where application_id = erased);
        perform set_config('pactline.erasing', 'on', true);
        update audit_facts set reason = 'erased' where subject_id = any (subjects) and reason is not null and reason <> 'erased';
        update proposals p set note = null from negotiations n
          where n.id = p.negotiation_id and n.application_id = erased and p.note is not null;${more}
        delete from envelope_events v using envelopes e
          where e.id = v.envelope_id and e.application_id = erased and e.state <> 'executed';
        perform set_config('pactline.erasing', 'off', true);
      end $$`);
}

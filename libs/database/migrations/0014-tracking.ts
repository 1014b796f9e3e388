import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As the lists of envelopes ask for it, word by word, so that the planner knows the index for theirs. */
const open = `state in ('draft', 'frozen', 'sent', 'viewed', 'partner_signed', 'awaiting_countersign', 'countersigned', 'sealing')`;

const indexes = [
  // What legal's front page and its filters walk, the longest waiting first.
  ['envelopes_by_age', `envelopes (state_since, id)`],
  ['envelopes_of_program_by_age', `envelopes (program_id, state_since, id)`],
  ['envelopes_open_by_age', `envelopes (state_since, id) where ${open}`],
  ['envelopes_open_of_program_by_age', `envelopes (program_id, state_since, id) where ${open}`],
  ['envelopes_open_by_expiry', `envelopes (expires_at, id) where ${open}`],
  ['envelopes_by_state_and_age', `envelopes (state, state_since, id)`],
  ['envelopes_awaiting_by_age', `envelopes (awaiting, state_since, id) where awaiting is not null`],
  ['envelopes_seal_blocked', `envelopes (state_since, id) where seal_blocked is not null`],
  ['envelopes_timestamp_pending', `envelopes (state_since, id) where timestamp_pending`],
  ['envelopes_by_sending', `envelopes (sent_at, id) where sent_at is not null`],
  ['envelopes_of_program_by_sending', `envelopes (program_id, sent_at) where sent_at is not null`],
  ['envelopes_of_partner', `envelopes (partner_id)`],
  ['envelopes_of_application', `envelopes (application_id)`],
  [
    'envelope_recipients_troubled',
    `envelope_recipients (envelope_id) where state in ('asked', 'viewed') and (delivery = 'failed' or locked_at is not null)`,
  ],
  [
    'envelope_recipients_asked_subject',
    `envelope_recipients (subject_id) where state in ('asked', 'viewed') and subject_id is not null`,
  ],
  [
    'envelope_recipients_asked_role',
    `envelope_recipients (role) where state in ('asked', 'viewed') and role is not null`,
  ],
  // What the calendar of contracts and the trail of a partner look up.
  ['negotiations_by_deadline', `negotiations (program_id, due_at) where state = 'open'`],
  ['negotiations_of_partner', `negotiations (partner_id)`],
  ['agreement_terminations_of', `agreement_terminations (agreement_id)`],
] as const;

/** Indexes for the lists, statistics and calendars of legal teams; dossiers of partners, which erasure takes with it. */
export class Tracking1760000000014 implements MigrationInterface {
  name = 'Tracking1760000000014';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of indexes) await runner.query(`create index ${name} on ${definition}`);
    await runner.query(`
      create table dossiers (
        partner_id text not null references partners (id),
        program_id text not null references programs (id),
        sha256 text not null,
        made_by text not null,
        made_at timestamptz not null,
        primary key (partner_id, sha256),
        foreign key (program_id, sha256) references documents (program_id, sha256) on delete cascade
      )`);
    await eraseDocumentsOf(runner, ['attachment', 'contract', 'dossier']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await eraseDocumentsOf(runner, ['attachment', 'contract']);
    await runner.query(`drop table dossiers`);
    for (const [name] of indexes) await runner.query(`drop index ${name}`);
  }
}

/** The function by which alone documents are erased, for documents of these kinds. */
async function eraseDocumentsOf(runner: QueryRunner, kinds: readonly string[]): Promise<void> {
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
            where e.program_id = d.program_id and e.document_sha256 = d.sha256
              and (e.state = 'executed' or a.stage not in ('rejected', 'withdrawn', 'expired', 'lapsed')));
        perform set_config('pactline.erasing', 'off', true);
      end $$`);
}

import { termsHash } from '../../libs/agreements/domain/index.js';
import type { Database } from '../../libs/database/index.js';
import { newId, type IdPrefix } from '../../libs/kernel/ids.js';
import type { EventSubject } from '../../libs/outbox/domain/index.js';
import { seedPartner } from './seed-rows.js';
import { termsWith } from './terms-with.js';

const at = new Date('2026-03-01T00:00:00Z');

export type SeededSubjects = Record<
  Exclude<EventSubject, 'mail' | 'webhook' | 'bank_file' | 'bank_report'> | 'information_request',
  string
>;

/** A row of each kind of thing that events and mails are about, all of one new partner of a program; their ids. */
export async function seedSubjects(
  database: Database,
  programId: string,
  partnerReference = 'ada-music',
): Promise<SeededSubjects> {
  const terms = termsWith();
  const hash = termsHash(terms);
  const partnerId = await seedPartner(database, { programId, reference: partnerReference, terms });
  const [made] = await database.query<
    Record<'application' | 'person' | 'negotiation' | 'envelope' | 'agreement' | 'version', string>
  >(
    `select p.application_id as application, p.person_id as person, n.id as negotiation, e.id as envelope, g.id as agreement,
       v.id as version
     from partners p join negotiations n on n.partner_id = p.id join envelopes e on e.negotiation_id = n.id
       join agreements g on g.partner_id = p.id
       join agreement_versions v on v.agreement_id = g.id where p.id = $1`,
    [partnerId],
  );
  const { application, person, negotiation, envelope, agreement, version } = made!;
  const insert = async (prefix: IdPrefix, table: string, columns: Record<string, unknown>): Promise<string> => {
    const row = { id: newId(prefix), program_id: programId, ...columns };
    const places = Object.keys(row).map((_name, index) => `$${index + 1}`);
    await database.query(
      `insert into ${table} (${Object.keys(row).join(', ')}) values (${places.join(', ')})`,
      Object.values(row),
    );
    return row.id;
  };
  const reference = await insert('ref', 'application_references', { application_id: application, person_id: person });
  const asked = { application_id: application, author_id: 'usr_test', created_at: at };
  const question = await insert('msg', 'information_messages', asked);
  const information = await insert('inf', 'information_requests', {
    ...{ application_id: application, round: 1, state: 'closed', question_id: question },
    ...{ asked_by: 'usr_test', asked_at: at, due_at: at },
  });
  const dated = { created_at: at, state_since: at };
  const negotiated = { negotiation_id: negotiation, terms_hash: hash, ...dated };
  const approval = { move: 'proposal', state: 'approved', answers_number: 1, needed: '[]', proposed_by: 'usr_test' };
  const simulated = { source: 'program', from_at: at, baseline_hash: hash, state: 'done', requested_by: 'usr_test' };
  const amended = {
    ...{
      agreement_id: agreement,
      partner_id: partnerId,
      side: 'company',
      state: 'announcing',
      base_version_id: version,
    },
    ...{ base_hash: hash, terms_hash: hash, needs_consent: false, material: [], is_renewal: false, ...dated },
    ...{ reason: 'Test', proposed_by: 'usr_test' },
  };
  const batch = {
    currency: 'USD',
    cut_off: await nextCutOff(database, programId),
    total_minor: 40_000,
    item_count: 1,
    state: 'completed',
  };
  const batchId = await insert('bat', 'payout_batches', { ...batch, ...dated });
  const account = await insert('sca', 'store_credit_accounts', {
    ...{ partner_id: partnerId, idempotency_key: newId('key'), currency: 'USD', created_at: at },
  });
  const credit = {
    ...{ partner_id: partnerId, account_id: account, idempotency_key: newId('key'), parameter_hash: hash, attempt: 1 },
    ...{ item_id: newId('itm'), batch_id: batchId, amount_minor: 2_500, currency: 'USD', code_hash: newId('key') },
    ...{ code_sealed: Buffer.from('sealed'), code_key_id: 'test', code_ending: '0000', state: 'issued', ...dated },
  };
  const item = { batch_id: batchId, partner_id: partnerId, amount_minor: 40_000, currency: 'USD', state: 'settled' };
  return {
    program: programId,
    application,
    reference,
    negotiation,
    internal_approval: await insert('apv', 'internal_approvals', { ...negotiated, ...approval }),
    simulation: await insert('sim', 'terms_simulations', { ...negotiated, ...simulated }),
    template: await insert('tpl', 'terms_templates', { is_automatic: false, current_version: 1, created_at: at }),
    envelope,
    seal_key: envelope,
    agreement,
    amendment: await insert('amd', 'agreement_amendments', amended),
    partner: partnerId,
    line_hold: await insert('hld', 'line_holds', {
      ...{ event_id: await seedEvent(database, programId, partnerId), partner_id: partnerId, cause: 'manual' },
      ...{ owner_role: 'finance', state: 'open', placed_by: 'usr_test', placed_at: at, expires_at: at },
    }),
    dispute: await insert('dsp', 'disputes', {
      ...{ partner_id: partnerId, subject: 'missing', subject_key: 'missing/1', text: 'Test', state: 'open' },
      ...{ due_at: at, remind_at: at, opened_by: 'usr_test', opened_at: at, state_since: at },
    }),
    write_off: await insert('wof', 'receivable_write_offs', {
      ...{ partner_id: partnerId, amount_minor: 40_000, currency: 'USD', state: 'proposed', reason: 'Test' },
      ...{ proposed_by: 'usr_test', proposed_at: at },
    }),
    payout_account: partnerId,
    payout_batch: batchId,
    payout_item: await insert('itm', 'payout_items', { ...item, account_reference: 'acct_1', state_since: at }),
    store_credit: await insert('scr', 'store_credits', credit),
    information_request: information,
  };
}

/** A sale of a partner; its id. */
async function seedEvent(database: Database, programId: string, partnerId: string): Promise<string> {
  const eventId = `order-${partnerId}`;
  await database.query(
    `insert into events (program_id, id, type, partner_id, occurred_at, amount_minor, currency, content_hash, received_at)
     values ($1, $2, 'sale', $3, $4, 40000, 'USD', 'none', $4)`,
    [programId, eventId, partnerId, at],
  );
  return eventId;
}

/** A program has one batch for each cut-off. */
async function nextCutOff(database: Database, programId: string): Promise<Date> {
  const sql = `select count(*)::int as count from payout_batches where program_id = $1`;
  const [batches] = await database.query<{ count: number }>(sql, [programId]);
  return new Date(at.getTime() + batches!.count * 86_400_000);
}

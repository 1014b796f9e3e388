import { termsHash } from '../../libs/agreements/domain/index.js';
import { newId, type IdPrefix } from '../../libs/kernel/ids.js';
import { eventTypes, type EventSubject, type EventType } from '../../libs/outbox/domain/index.js';
import { contextNamesOf, examplePayload, subjectOf } from '../../libs/webhooks/index.js';
import { seedPartner } from '../support/seed-rows.js';
import { termsWith } from '../support/terms-with.js';
import { WebhookHouse } from '../support/webhook-house.js';

const subjects = [...new Set(eventTypes.map(({ type }) => subjectOf(type)))];
const at = new Date('2026-03-01T00:00:00Z');

describe('the payload of a webhook', () => {
  let house: WebhookHouse;
  let ids: Readonly<Record<EventSubject, string>>;
  beforeAll(async () => {
    house = await WebhookHouse.open();
    ids = await seedSubjects();
  });
  afterEach(() => house.clear());
  afterAll(() => house.close());

  /** A row of each kind of thing that events are about, all of one partner. */
  async function seedSubjects(): Promise<Record<EventSubject, string>> {
    const { database, programId } = house;
    const terms = termsWith();
    const hash = termsHash(terms);
    const partnerId = await seedPartner(database, { programId, reference: 'ada-music', terms });
    const [made] = await database.query<
      Record<'application' | 'person' | 'negotiation' | 'envelope' | 'agreement', string>
    >(
      `select p.application_id as application, p.person_id as person, n.id as negotiation, e.id as envelope, g.id as agreement
       from partners p join negotiations n on n.partner_id = p.id join envelopes e on e.negotiation_id = n.id
         join agreements g on g.partner_id = p.id where p.id = $1`,
      [partnerId],
    );
    const { application, person, negotiation, envelope, agreement } = made!;
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
    const dated = { created_at: at, state_since: at };
    const negotiated = { negotiation_id: negotiation, terms_hash: hash, ...dated };
    const approval = { move: 'proposal', state: 'approved', answers_number: 1, needed: '[]', proposed_by: 'usr_test' };
    const simulated = { source: 'program', from_at: at, baseline_hash: hash, state: 'done', requested_by: 'usr_test' };
    const batch = { currency: 'USD', cut_off: at, total_minor: 40_000, item_count: 1, state: 'completed' };
    const batchId = await insert('bat', 'payout_batches', { ...batch, ...dated });
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
      partner: partnerId,
      payout_account: partnerId,
      payout_batch: batchId,
      payout_item: await insert('itm', 'payout_items', { ...item, account_reference: 'acct_1', state_since: at }),
      mail: newId('mal'),
      webhook: newId('whk'),
    };
  }

  it.each(subjects)('of an event about a %s names all that its example names', async (subject) => {
    const example: EventType = eventTypes.find(({ type }) => subjectOf(type) === subject)!;
    await house.endpoint();
    await house.announce(example.type, ids[subject]);
    await house.dispatcher().deliverDue();
    const [received] = house.receiver.received;
    expect(received?.payload.type).toBe(example.type);
    const data = received!.payload.data;
    const own = ['eventId', 'sequence', 'programId', 'subjectId'];
    expect(Object.keys(data).sort()).toEqual([...own, ...contextNamesOf(subject)].sort());
    // The example has the same kinds of things: an id of an envelope where there is one, a number where there is one.
    const kind = (value: unknown): string =>
      typeof value === 'string' ? (/^[a-z]{3}_/.exec(value)?.[0] ?? '') : typeof value;
    const shown = examplePayload({ type: example.type, description: '' }).data;
    for (const name of Object.keys(data)) expect([name, kind(data[name])]).toEqual([name, kind(shown[name])]);
  });
});

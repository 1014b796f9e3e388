import { newId } from '../../libs/kernel/ids.js';
import { eventTypes, type EventSubject, type EventType } from '../../libs/outbox/domain/index.js';
import { contextNamesOf, examplePayload, subjectOf } from '../../libs/webhooks/index.js';
import { seedSubjects } from '../support/seed-subjects.js';
import { WebhookHouse } from '../support/webhook-house.js';

const subjects = [...new Set(eventTypes.map(({ type }) => subjectOf(type)))];

describe('the payload of a webhook', () => {
  let house: WebhookHouse;
  let ids: Readonly<Record<EventSubject, string>>;
  beforeAll(async () => {
    house = await WebhookHouse.open();
    ids = {
      ...(await seedSubjects(house.database, house.programId)),
      mail: newId('mal'),
      webhook: newId('whk'),
      bank_file: newId('bfl'),
      bank_report: newId('brp'),
    };
  });
  afterEach(() => house.clear());
  afterAll(() => house.close());

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
    // An id in the example is an id of the same kind of thing.
    const kind = (name: string, value: unknown): string =>
      name.endsWith('Id') && typeof value === 'string' ? value.slice(0, 4) : typeof value;
    const shown = examplePayload({ type: example.type, description: '' }).data;
    for (const [name, value] of Object.entries(data))
      expect([name, kind(name, value)]).toEqual([name, kind(name, shown[name])]);
  });
});

import { newId } from '../../libs/kernel/ids.js';
import { MailList } from '../../libs/notifications/index.js';
import { Outbox } from '../../libs/outbox/index.js';
import { seedSubjects, type SeededSubjects } from '../support/seed-subjects.js';
import { WebhookHouse } from '../support/webhook-house.js';

/** What mails to the company or to other people than the applicant are about. */
const subjects = [
  ...(['application', 'reference', 'information_request', 'negotiation', 'envelope'] as const),
  ...(['agreement', 'amendment', 'partner', 'payout_item'] as const),
];

describe('the mails of a partner', () => {
  let house: WebhookHouse;
  let ids: SeededSubjects;
  let others: SeededSubjects;
  beforeAll(async () => {
    house = await WebhookHouse.open();
    ids = await seedSubjects(house.database, house.programId);
    others = await seedSubjects(house.database, house.programId, 'other');
  });
  afterAll(() => house.close());

  /** Queues a mail to the company; its id. */
  const send = (subjectId: string): Promise<string> =>
    house.database.inTransaction((tx) =>
      house.context.get(Outbox).mail(tx, house.programId, { template: 'test', subjectId, to: { role: 'legal' } }),
    );
  const list = (): MailList => house.context.get(MailList, { strict: false });
  const idsOf = ({ items }: { items: { id: string }[] }): string[] => items.map(({ id }) => id);

  it.each(subjects)('have those about its %s, from its application on, and no others', async (subject) => {
    const [own, foreign] = [await send(ids[subject]), await send(others[subject])];
    for (const mails of [await list().ofPartner(ids.partner, {}), await list().ofApplication(ids.application, {})]) {
      expect(idsOf(mails)).toContain(own);
      expect(idsOf(mails)).not.toContain(foreign);
    }
    expect(idsOf(await list().ofPartner(others.partner, {}))).toEqual(expect.arrayContaining([foreign]));
  });

  it('are none of what belongs to nobody', async () => {
    const stray = await send(newId('whk'));
    expect(idsOf(await list().ofPartner(ids.partner, {}))).not.toContain(stray);
    expect(idsOf(await list().ofPrograms([house.programId], {}))).toContain(stray);
  });
});

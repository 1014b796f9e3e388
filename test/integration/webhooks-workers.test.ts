import { newId } from '../../libs/kernel/ids.js';
import { WebhookDeliverer } from '../../libs/webhooks/index.js';
import { until } from '../support/until.js';
import { WebhookHouse } from '../support/webhook-house.js';

const actor = { actorId: 'usr_test' };

describe('webhooks', () => {
  let house: WebhookHouse;
  beforeAll(async () => {
    house = await WebhookHouse.open();
  });
  afterEach(() => house.clear());
  afterAll(() => house.close());

  /** Fans out and delivers once; the house's own dispatcher. */
  const deliver = (): Promise<number> => house.dispatcher().deliverDue();

  const areDelivered = async (endpointId: string, count: number): Promise<boolean> => {
    const rows = await house.deliveriesOf(endpointId);
    return rows.filter(({ state }) => state === 'delivered').length === count;
  };

  describe('with several workers', () => {
    it('make each attempt once, however slow the receiver', async () => {
      const { id } = await house.endpoint();
      const underWay = new Map<string, number>();
      let most = 0;
      house.receiver.behaviour = (response, { headers }) => {
        const event = String(headers['webhook-id']);
        underWay.set(event, (underWay.get(event) ?? 0) + 1);
        most = Math.max(most, underWay.get(event) ?? 0);
        setTimeout(() => response.writeHead(204).end(), 20);
      };
      for (let number = 0; number < 60; number++) await house.announce();
      for (let number = 0; number < 3; number++) house.start({ intervalMs: 5, slots: 4 });
      await until('all of them', () => areDelivered(id, 60));
      expect([house.receiver.received.length, most]).toEqual([60, 1]);
      expect((await house.deliveriesOf(id)).every(({ attempts }) => attempts === 1)).toBe(true);
    });

    it('take over what one that was killed in the middle had claimed', async () => {
      const { id } = await house.endpoint();
      await house.announce();
      let isClaimed = false;
      const deliverer = house.context.get(WebhookDeliverer);
      const dying = house.dispatcher({
        leaseMs: 400,
        deliverer: {
          leaseMs: 400,
          claim: (...parameters) => deliverer.claim(...parameters),
          attempt: () => new Promise(() => (isClaimed = true)),
        },
      });
      void dying.deliverDue();
      await until('the claim', () => Promise.resolve(isClaimed));
      expect(await deliver()).toBe(0);
      house.start();
      await until('the other one', () => Promise.resolve(house.receiver.received.length === 1));
      await until('the mark', async () => (await house.deliveriesOf(id))[0]?.state === 'delivered');
      expect(await house.deliveriesOf(id)).toMatchObject([{ attempts: 2 }]);
    });

    it('let no late answer of a lost claim undo what the next one found', async () => {
      const { id } = await house.endpoint();
      await house.announce();
      const answers: (() => void)[] = [];
      house.receiver.behaviour = (response) => answers.push(() => response.writeHead(500).end());
      const late = deliver();
      await until('the first attempt', () => Promise.resolve(answers.length === 1));
      await house.database.query(`update webhook_deliveries set leased_until = now() where endpoint_id = $1`, [id]);
      house.receiver.behaviour = (response) => void response.writeHead(204).end();
      await deliver();
      answers[0]!();
      await late;
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'delivered', attempts: 2, status: 204 }]);
    });

    it('keep a slow endpoint from holding up the others', async () => {
      const slow = await house.endpoint({ path: '/slow' });
      const quick = await house.endpoint({ path: '/quick' });
      const waiting: (() => void)[] = [];
      house.receiver.behaviour = (response, { path }) => {
        if (path === '/quick') response.writeHead(204).end();
        else waiting.push(() => response.writeHead(204).end());
      };
      for (let number = 0; number < 20; number++) await house.announce();
      house.start({ slots: 2 });
      await until('the quick one', () => areDelivered(quick.id, 20));
      expect(house.receiver.on('/quick')).toHaveLength(20);
      // The slow one has its two slots and no more; one that comes free is taken once.
      const begun = async () => (await house.deliveriesOf(slow.id)).filter(({ attempts }) => attempts > 0).length;
      expect(await begun()).toBe(2);
      await until('both on their way', () => Promise.resolve(waiting.length === 2));
      waiting.shift()?.();
      await until('the next one', async () => (await begun()) > 2);
      expect(await begun()).toBe(3);
      house.receiver.behaviour = (response) => void response.writeHead(204).end();
      waiting.forEach((answer) => answer());
      await until('the slow one', () => areDelivered(slow.id, 20));
    });
  });

  describe('are sent again', () => {
    it('one by one, under the same id and with a schedule of their own', async () => {
      const { id } = await house.endpoint();
      await house.announce();
      await deliver();
      const [row] = await house.deliveriesOf(id);
      house.receiver.behaviour = (response) => void response.writeHead(500).end();
      await house.deliveries.replay(id, row!.id, actor);
      for (let attempt = 0; attempt < 3; attempt++) {
        await house.hurry();
        await deliver();
      }
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'failed', attempts: 4, tries: 3 }]);
      expect(new Set(house.receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(
        new Set([row!.event_id]),
      );
    });

    it('while one is on its way, without its answer being lost', async () => {
      const { id } = await house.endpoint();
      await house.announce();
      const answers: (() => void)[] = [];
      house.receiver.behaviour = (response) => answers.push(() => response.writeHead(500).end());
      const first = deliver();
      await until('the attempt', () => Promise.resolve(answers.length === 1));
      const [row] = await house.deliveriesOf(id);
      await house.deliveries.replay(id, row!.id, actor);
      answers[0]!();
      await first;
      // The failure is on record and does not put off what was asked for meanwhile.
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'pending', attempts: 1, tries: 0, status: 500 }]);
      house.receiver.behaviour = (response) => void response.writeHead(204).end();
      expect(await deliver()).toBe(1);
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
    });

    it('by a stretch of time, those that were missed while it was off too', async () => {
      const { id } = await house.endpoint({ eventTypes: ['partner.*'] });
      const from = new Date();
      await house.announce('partner.active');
      await deliver();
      await house.endpoints.disable(id, actor);
      await house.announce('partner.ended');
      await house.announce('envelope.sent', newId('env'));
      await deliver();
      expect(await house.deliveriesOf(id)).toHaveLength(1);
      const stretch = { from, until: new Date(Date.now() + 1_000) };
      await expect(house.deliveries.replayAll(id, stretch, actor)).rejects.toThrow('enable it first');
      await house.endpoints.enable(id, actor);
      expect(await house.deliveries.replayAll(id, { ...stretch, types: ['partner.ended'] }, actor)).toBe(1);
      expect(await house.deliveries.replayAll(id, stretch, actor)).toBe(2);
      await deliver();
      expect(house.receiver.received.map(({ payload }) => payload.type).sort()).toEqual([
        'partner.active',
        'partner.active',
        'partner.ended',
      ]);
      await expect(house.deliveries.replayAll(id, { from, until: from }, actor)).rejects.toThrow('sent again');
    });

    it('with the very payload of the first time', async () => {
      const { id } = await house.endpoint();
      await house.announce('program.version_made', house.programId);
      await deliver();
      await house.database.query(`update programs set slug = 'renamed' where id = $1`, [house.programId]);
      const [row] = await house.deliveriesOf(id);
      await house.deliveries.replay(id, row!.id, actor);
      await deliver();
      const [first, second] = house.receiver.received;
      expect(second?.body).toBe(first?.body);
    });
  });
});

describe('webhooks where private addresses are not allowed', () => {
  let house: WebhookHouse;
  beforeAll(async () => {
    house = await WebhookHouse.open({ WEBHOOK_ALLOW_PRIVATE: 'false' });
  });
  afterAll(() => house.close());

  it.each([
    ['an address', (port: number) => `http://127.0.0.1:${port}/`],
    ['a short form of it', (port: number) => `http://127.1:${port}/`],
    ['a number', (port: number) => `http://2130706433:${port}/`],
    ['a name that leads there', (port: number) => `http://localhost:${port}/`],
    ['an IPv4 address in IPv6', (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
  ])('do not connect to %s, whatever it was when the webhook was made', async (_what, urlOf) => {
    const { id } = await house.unchecked(urlOf(house.receiver.port));
    await house.announce();
    await house.dispatcher().deliverDue();
    expect(house.receiver.received).toEqual([]);
    expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'pending', status: null, code: 'target-refused' }]);
    await house.clear();
  });
});

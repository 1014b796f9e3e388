import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { newId } from '../../libs/kernel/ids.js';
import { until } from '../support/until.js';
import { WebhookHouse } from '../support/webhook-house.js';
import { isSignedBy } from '../support/webhook-receiver.js';

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

  describe('find their events', () => {
    it('of their program and types, once each', async () => {
      const all = await house.endpoint({ path: '/all', programId: '*' });
      const mine = await house.endpoint({ path: '/mine' });
      const some = await house.endpoint({ path: '/some', eventTypes: ['envelope.*', 'partner.ended'] });
      const elsewhere = newId('prg');
      await house.announce('partner.active');
      await house.announce('envelope.sent', newId('env'));
      await house.announce('partner.ended');
      await house.announce('partner.active', newId('prt'), elsewhere);
      await deliver();
      await deliver();
      const types = (path: string) =>
        house.receiver
          .on(path)
          .map(({ payload }) => payload.type)
          .sort();
      expect(types('/all')).toEqual(['envelope.sent', 'partner.active', 'partner.active', 'partner.ended']);
      expect(types('/mine')).toEqual(['envelope.sent', 'partner.active', 'partner.ended']);
      expect(types('/some')).toEqual(['envelope.sent', 'partner.ended']);
      for (const { id, secret } of [all, mine, some]) {
        expect((await house.deliveriesOf(id)).every(({ state }) => state === 'delivered')).toBe(true);
        const path = `/${{ [all.id]: 'all', [mine.id]: 'mine', [some.id]: 'some' }[id]}`;
        expect(house.receiver.on(path).every((received) => isSignedBy(secret, received))).toBe(true);
      }
    });

    it('that commit after others with higher numbers were delivered', async () => {
      const { id } = await house.endpoint();
      let commit = (): void => undefined;
      const held = new Promise<void>((resolve) => (commit = resolve));
      const late = newId('prt');
      let isAnnounced = false;
      const slow = house.database.inTransaction(async (tx) => {
        await house.announceIn(tx, 'partner.active', late);
        isAnnounced = true;
        await held;
      });
      await until('the announcement', () => Promise.resolve(isAnnounced));
      for (let number = 0; number < 5; number++) await house.announce('partner.ended');
      await deliver();
      expect(house.receiver.received.map(({ payload }) => payload.type)).toEqual(Array(5).fill('partner.ended'));
      commit();
      await slow;
      await deliver();
      const [first, ...others] = await house.deliveriesOf(id);
      expect([first?.type, first?.state, others.length]).toEqual(['partner.active', 'delivered', 5]);
      const sequences = house.receiver.received.map(({ payload }) => payload.data['sequence'] as number);
      // The late one has the lowest number, and says so.
      expect(Math.min(...sequences)).toBe(sequences.at(-1));
    });

    it('by the thousand, with several workers at once: each event once for each endpoint', async () => {
      const endpoints = await Promise.all(['/a', '/b', '/c'].map((path) => house.endpoint({ path })));
      const count = 3_000;
      await house.database.query(
        `insert into outbox_messages (id, program_id, kind, subject_id, payload, created_at, available_at)
         select 'evt_' || lpad(to_hex(n), 32, '0'), $1, 'domain_event', 'prt_' || n,
           jsonb_build_object('type', 'partner.active', 'subjectId', 'prt_' || n), now(), now()
         from generate_series(1, $2::int) n`,
        [house.programId, count],
      );
      // Only the finding: delivering nine thousand over HTTP would prove nothing more.
      const nothing = { claim: () => Promise.resolve([]), attempt: () => Promise.resolve(), leaseMs: 1_000 };
      for (let number = 0; number < 4; number++) house.start({ deliverer: nothing });
      await until('the fan-out', async () => {
        const [row] = await house.database.query<{ open: number }>(
          `select count(*)::int as open from outbox_messages where kind = 'domain_event' and delivered_at is null`,
        );
        return row?.open === 0;
      });
      for (const { id } of endpoints) {
        const [row] = await house.database.query<{ count: number; events: number }>(
          `select count(*)::int as count, count(distinct event_id)::int as events from webhook_deliveries where endpoint_id = $1`,
          [id],
        );
        expect(row).toEqual({ count, events: count });
      }
      expect(house.failures).toEqual([]);
    });

    it('at once, woken by the commit', async () => {
      await house.endpoint();
      const listener = new Client({ connectionString: house.database.dataSource.options['url' as never] });
      await listener.connect();
      await listener.query('listen outbox_messages');
      house.start({ listener, intervalMs: 3_600_000 });
      await pause(100);
      await house.announce();
      await until('the delivery', () => Promise.resolve(house.receiver.received.length === 1));
      await listener.end();
    });
  });

  describe('are tried again', () => {
    it('after a 500, later and later, under one id, until the schedule ends', async () => {
      const { id } = await house.endpoint();
      house.receiver.behaviour = (response) => void response.writeHead(500).end('Internal Server Error');
      await house.announce();
      const waits: number[] = [];
      for (let attempt = 1; attempt <= 3; attempt++) {
        expect(await deliver()).toBe(1);
        expect(await deliver()).toBe(0);
        const [row] = await house.deliveriesOf(id);
        expect(row).toMatchObject({
          state: attempt === 3 ? 'failed' : 'pending',
          attempts: attempt,
          status: 500,
          code: 'bad-status',
          excerpt: 'Internal Server Error',
        });
        waits.push(row!.waits);
        await house.hurry();
      }
      expect(await deliver()).toBe(0);
      // 60 s and 120 s, a fifth more or less.
      expect([waits[0]! > 45 && waits[0]! < 73, waits[1]! > 90 && waits[1]! < 145]).toEqual([true, true]);
      const ids = house.receiver.received.map(({ headers }) => headers['webhook-id']);
      expect([ids.length, new Set(ids).size]).toEqual([3, 1]);
      const [row] = await house.deliveriesOf(id);
      const detail = await house.deliveries.get(id, row!.id);
      expect(detail.log.map(({ number, status }) => [number, status])).toEqual([
        [3, 500],
        [2, 500],
        [1, 500],
      ]);
      expect(detail.payload).toEqual(house.receiver.received[0]?.payload);
    });

    it('and arrive once the receiver is back', async () => {
      const { id } = await house.endpoint();
      house.receiver.behaviour = (response) => void response.writeHead(503, { 'retry-after': '3600' }).end();
      await house.announce();
      await deliver();
      const [waiting] = await house.deliveriesOf(id);
      expect(waiting!.waits).toBeGreaterThan(3_500);
      expect((await house.endpoints.get(id)).failingSince).not.toBeNull();
      house.receiver.behaviour = (response) => void response.writeHead(200).end('ok');
      await house.hurry();
      await deliver();
      const [row] = await house.deliveriesOf(id);
      expect(row).toMatchObject({ state: 'delivered', attempts: 2, status: 200, code: null, excerpt: null });
      expect((await house.endpoints.get(id)).failingSince).toBeNull();
    });

    it.each([
      ['does not answer', () => undefined, 'timeout'],
      [
        'hangs up',
        (response: { socket: { destroy(): void } | null }) => response.socket?.destroy(),
        'connection-reset',
      ],
    ])('where the receiver %s', async (_what, behaviour, code) => {
      const { id } = await house.endpoint();
      house.receiver.behaviour = (response) => void behaviour(response);
      await house.announce();
      await deliver();
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'pending', status: null, code }]);
    });

    it('where nobody listens, where there is no such name, and where nobody speaks TLS', async () => {
      const refused = await house.endpoint({ url: 'http://127.0.0.1:1025/' });
      const nameless = await house.endpoint({ url: 'http://no-such-host.invalid/' });
      const plain = await house.endpoint({ url: `https://127.0.0.1:${house.receiver.port}/` });
      await house.announce();
      await deliver();
      expect(await house.deliveriesOf(refused.id)).toMatchObject([{ state: 'pending', code: 'connection-refused' }]);
      expect(await house.deliveriesOf(nameless.id)).toMatchObject([{ state: 'pending', code: 'unresolvable' }]);
      expect(await house.deliveriesOf(plain.id)).toMatchObject([{ state: 'pending', code: 'tls-failed' }]);
    });

    it('at once where only a kept connection was closed meanwhile', async () => {
      const { id } = await house.endpoint();
      await house.announce();
      await deliver();
      let closed = 0;
      house.receiver.behaviour = (response) => {
        if (closed++ === 0) response.socket?.destroy();
        else response.writeHead(204).end();
      };
      await house.announce();
      await deliver();
      expect(closed).toBe(2);
      expect(await house.deliveriesOf(id)).toMatchObject([
        { state: 'delivered', attempts: 1 },
        { state: 'delivered', attempts: 1 },
      ]);
    });

    it('where the receiver would send them elsewhere: no redirect is followed', async () => {
      const { id } = await house.endpoint({ path: '/moved' });
      house.receiver.behaviour = (response, { path }) =>
        void (path === '/moved' ? response.writeHead(307, { location: '/new' }) : response.writeHead(200)).end();
      await house.announce();
      await deliver();
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'pending', status: 307, code: 'redirect-refused' }]);
      expect(house.receiver.on('/new')).toEqual([]);
    });

    it('while a body without end neither fills the memory nor holds a slot', async () => {
      const { id } = await house.endpoint();
      let written = 0;
      house.receiver.behaviour = (response) => {
        response.writeHead(500);
        const timer = setInterval(() => {
          written += 65_536;
          response.write('y'.repeat(65_536));
        }, 1);
        response.on('close', () => clearInterval(timer));
      };
      await house.announce();
      await deliver();
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'pending', status: 500, code: 'bad-status' }]);
      expect(written).toBeLessThan(50 * 1_048_576);
    });
  });

  describe('are given up', () => {
    it('at once where the receiver says that it is gone, and the admins learn of it', async () => {
      const { id } = await house.endpoint({ eventTypes: ['partner.*'] });
      const watcher = await house.endpoint({ path: '/watcher', eventTypes: ['webhook.disabled'] });
      house.receiver.behaviour = (response, { path }) => void response.writeHead(path === '/watcher' ? 204 : 410).end();
      await house.announce();
      await deliver();
      expect(await house.endpoints.get(id)).toMatchObject({ state: 'disabled', disabledBecause: 'gone' });
      await house.announce();
      await house.hurry();
      await deliver();
      expect(house.receiver.on('/')).toHaveLength(1);
      expect(house.receiver.on('/watcher').map(({ payload }) => payload.data)).toMatchObject([
        { subjectId: id, because: 'gone' },
      ]);
      expect(watcher.state).toBe('enabled');
      const mails = await house.database.query(`select template, role, program_id from mails where subject_id = $1`, [
        id,
      ]);
      expect(mails).toEqual([{ template: 'webhook-disabled', role: 'admin', program_id: house.programId }]);
    });

    it('after days in which nothing arrived, and not before', async () => {
      const { id } = await house.endpoint({ eventTypes: ['partner.*'] });
      house.receiver.behaviour = (response) => void response.writeHead(500).end();
      const failFor = async (hours: number) => {
        await house.database.query(
          `update webhook_endpoints set failing_since = now() - $2 * interval '1 hour' where id = $1`,
          [id, hours],
        );
        await house.announce();
        await deliver();
        return (await house.endpoints.get(id)).state;
      };
      expect(await failFor(119)).toBe('enabled');
      expect(await failFor(121)).toBe('disabled');
      expect(await house.endpoints.get(id)).toMatchObject({ disabledBecause: 'failing' });
      house.receiver.behaviour = (response) => void response.writeHead(204).end();
      // Switched on again, it gets what waited at once, whenever that would have been due.
      await house.endpoints.enable(id, actor);
      await deliver();
      expect((await house.deliveriesOf(id)).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
      expect(await house.endpoints.get(id)).toMatchObject({ state: 'enabled', failingSince: null });
    });

    it('where their secret cannot be read, which a new one mends', async () => {
      const { id } = await house.endpoint();
      await house.database.query(`update webhook_endpoints set secret_key_id = 'lost' where id = $1`, [id]);
      await house.announce();
      await deliver();
      expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'pending', code: 'secret-unreadable' }]);
      expect(house.receiver.received).toEqual([]);
      const { secret } = await house.endpoints.rotate(id, 0, actor);
      await house.hurry();
      await deliver();
      expect(house.receiver.received.map((received) => isSignedBy(secret, received))).toEqual([true]);
    });
  });

  it('send nothing more to what was deleted, and keep no secret of it', async () => {
    const { id } = await house.endpoint();
    await house.announce();
    house.receiver.behaviour = (response) => void response.writeHead(500).end();
    await deliver();
    await house.endpoints.delete(id, actor);
    await house.hurry();
    expect(await deliver()).toBe(0);
    expect(await house.deliveriesOf(id)).toMatchObject([{ state: 'cancelled' }]);
    const kept = await house.database.query(`select secret, previous_secret from webhook_endpoints where id = $1`, [
      id,
    ]);
    expect(kept).toEqual([{ secret: null, previous_secret: null }]);
    await expect(house.endpoints.get(id)).rejects.toThrow('no webhook');
  });
});

import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { Database } from '../../libs/database/index.js';
import { SystemClock } from '../../libs/kernel/clock.js';
import { Outbox, OutboxDispatcher, type Deliver, type OutboxMessage } from '../../libs/outbox/index.js';
import { until } from '../support/until.js';
import { createTestDatabase, type TestDatabase } from '../support/servers.js';

const programId = `prg_${'0'.repeat(32)}`;
const outbox = new Outbox(new SystemClock());

describe('the outbox', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  const started: OutboxDispatcher[] = [];
  const listeners: Client[] = [];
  const failures: { id: string; attempts: number }[] = [];
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = await Database.connect(testDatabase.url, 10);
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((dispatcher) => dispatcher.stop()));
    await Promise.all(listeners.splice(0).map((listener) => listener.end()));
    await database.query(`update outbox_messages set delivered_at = now() where delivered_at is null`);
    failures.length = 0;
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  function dispatcher(
    deliver: Partial<Record<OutboxMessage['kind'], Deliver>>,
    options: { slots?: number; leaseMs?: number; intervalMs?: number; listener?: Client } = {},
  ): OutboxDispatcher {
    const nothing: Deliver = () => Promise.resolve();
    return new OutboxDispatcher({
      database,
      deliver: {
        workflow_start: nothing,
        workflow_signal: nothing,
        program_schedules: nothing,
        mail: nothing,
        mail_event: nothing,
        rail_event: nothing,
        ...deliver,
      },
      onFailure: ({ id, attempts }) => failures.push({ id, attempts }),
      ...options,
    });
  }

  async function start(...parameters: Parameters<typeof dispatcher>): Promise<OutboxDispatcher> {
    const one = dispatcher(...parameters);
    started.push(one);
    await one.start();
    return one;
  }

  const mail = (subjectId: string): Promise<string> =>
    database.inTransaction((tx) => outbox.mail(tx, programId, { template: 'test', subjectId, to: { role: 'legal' } }));
  const signal = (workflowId: string): Promise<void> =>
    database.inTransaction((tx) => outbox.signalWorkflow(tx, programId, { workflowId, signal: 'look' }));
  const rowOf = async (subjectId: string) => {
    const [row] = await database.query<{
      attempts: number;
      delivered: boolean;
      last_error: string | null;
      waits: number;
    }>(
      `select attempts, delivered_at is not null as delivered, last_error,
         extract(epoch from available_at - now())::float8 as waits from outbox_messages where subject_id = $1`,
      [subjectId],
    );
    return row!;
  };

  it('lets nothing out of a transaction that did not commit', async () => {
    const seen: string[] = [];
    const one = dispatcher({ mail: ({ subject_id }) => Promise.resolve(void seen.push(subject_id)) });
    await expect(
      database.inTransaction(async (tx) => {
        await outbox.mail(tx, programId, { template: 'test', subjectId: 'rolled-back', to: { role: 'legal' } });
        throw new Error('changed its mind');
      }),
    ).rejects.toThrow('changed its mind');
    await mail('committed');
    expect(await one.deliverDue()).toBe(1);
    expect(seen).toEqual(['committed']);
    expect(await one.deliverDue()).toBe(0);
  });

  it('wakes on a commit instead of waiting for the next look', async () => {
    const listener = new Client({ connectionString: testDatabase.url });
    listeners.push(listener);
    await listener.connect();
    const seen: string[] = [];
    const deliver = { mail: ({ subject_id }: OutboxMessage) => Promise.resolve(void seen.push(subject_id)) };
    await start(deliver, { listener, intervalMs: 3_600_000 });
    await pause(50);
    await mail('woken');
    await until('the mail', () => Promise.resolve(seen.includes('woken')));
  });

  it('tries again what failed, later and later, and lets the others by', async () => {
    const seen: string[] = [];
    const one = dispatcher({
      mail: ({ subject_id }) => {
        if (subject_id === 'poisoned') return Promise.reject(new TypeError('no such template: a secret'));
        seen.push(subject_id);
        return Promise.resolve();
      },
    });
    await mail('poisoned');
    await mail('healthy');
    await one.deliverDue();
    expect(seen).toEqual(['healthy']);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const row = await rowOf('poisoned');
      expect(row).toMatchObject({ attempts: attempt, delivered: false, last_error: 'TypeError' });
      waits.push(row.waits);
      expect(await one.deliverDue()).toBe(0);
      await database.query(`update outbox_messages set available_at = now() where subject_id = 'poisoned'`);
      await one.deliverDue();
    }
    expect(waits[1]).toBeGreaterThan(waits[0]!);
    expect(waits[2]).toBeGreaterThan(waits[1]!);
    await database.query(
      `update outbox_messages set attempts = 40, available_at = now() where subject_id = 'poisoned'`,
    );
    await one.deliverDue();
    expect((await rowOf('poisoned')).waits).toBeLessThanOrEqual(300);
    expect(failures.map(({ attempts }) => attempts)).toEqual([1, 2, 3, 4, 41]);
  });

  it('gives up what can never be delivered', async () => {
    const refused = Object.assign(new Error('no such mailbox'), { permanent: true });
    await mail('refused');
    await dispatcher({ mail: () => Promise.reject(refused) }).deliverDue();
    expect(await rowOf('refused')).toMatchObject({ delivered: true, last_error: 'Error' });
  });

  it('starts workflows while a mail server is silent', async () => {
    let answer = (): void => undefined;
    const silence = new Promise<void>((resolve) => (answer = resolve));
    const signalled: string[] = [];
    const deliver = {
      mail: () => silence,
      workflow_signal: ({ subject_id }: OutboxMessage) => Promise.resolve(void signalled.push(subject_id)),
    };
    await start(deliver, { slots: 2, intervalMs: 20 });
    for (let number = 0; number < 5; number++) await mail(`silent-${number}`);
    await until('the mail under way', async () => (await rowOf('silent-0')).attempts === 1);
    await signal('workflow-1');
    await until('the signal', () => Promise.resolve(signalled.includes('workflow-1')));
    answer();
    await until('all mails', async () => (await rowOf('silent-4')).delivered);
  });

  it('never has two dispatchers deliver one message at once, however long it takes', async () => {
    const underWay = new Map<string, number>();
    let most = 0;
    const delivered: string[] = [];
    const deliver: Partial<Record<OutboxMessage['kind'], Deliver>> = {
      mail: async ({ subject_id }) => {
        const others = underWay.get(subject_id) ?? 0;
        underWay.set(subject_id, others + 1);
        most = Math.max(most, others + 1);
        // Far longer than the lease: it is renewed meanwhile.
        await pause(subject_id.endsWith('0') ? 1_200 : 5);
        underWay.set(subject_id, others);
        delivered.push(subject_id);
      },
    };
    const options = { leaseMs: 300, intervalMs: 10, slots: 10 };
    await Promise.all([1, 2, 3].map(() => start(deliver, options)));
    await Promise.all(Array.from({ length: 60 }, (_, number) => mail(`once-${number}`)));
    await until('all of them', async () => {
      const [row] = await database.query<{ open: number }>(
        `select count(*)::int as open from outbox_messages where subject_id like 'once-%' and delivered_at is null`,
      );
      return row?.open === 0;
    });
    expect(most).toBe(1);
    expect(delivered.sort()).toEqual(Array.from({ length: 60 }, (_, number) => `once-${number}`).sort());
  });

  it('leaves what a dispatcher that died had claimed to the next one', async () => {
    await mail('orphan');
    let isDead = false;
    const dying = dispatcher({ mail: () => new Promise(() => (isDead = true)) }, { leaseMs: 200 });
    void dying.deliverDue();
    await until('the claim', () => Promise.resolve(isDead));
    const seen: string[] = [];
    const deliver = { mail: ({ subject_id }: OutboxMessage) => Promise.resolve(void seen.push(subject_id)) };
    await start(deliver, { intervalMs: 20 });
    await until('the other one', () => Promise.resolve(seen.includes('orphan')));
    await until('the mark', async () => (await rowOf('orphan')).delivered);
  });

  it('does not let a dispatcher that lost its claim mark the message of the next one', async () => {
    await mail('lost');
    let fail = (): void => undefined;
    const slow = dispatcher({ mail: () => new Promise((_, reject) => (fail = () => reject(new Error('late')))) });
    const late = slow.deliverDue();
    await until('the claim', async () => (await rowOf('lost')).attempts === 1);
    await database.query(`update outbox_messages set available_at = now() where subject_id = 'lost'`);
    let finish = (): void => undefined;
    const next = dispatcher({ mail: () => new Promise((resolve) => (finish = resolve)) });
    const done = next.deliverDue();
    await until('the second claim', async () => (await rowOf('lost')).attempts === 2);
    fail();
    await late;
    expect(await rowOf('lost')).toMatchObject({ delivered: false, last_error: null });
    finish();
    await done;
    expect(await rowOf('lost')).toMatchObject({ delivered: true, attempts: 2 });
  });

  it('goes on after the database was away', async () => {
    const seen: string[] = [];
    const deliver = { mail: ({ subject_id }: OutboxMessage) => Promise.resolve(void seen.push(subject_id)) };
    await start(deliver, { intervalMs: 20 });
    const admin = new Client({ connectionString: testDatabase.migrationUrl });
    await admin.connect();
    await admin.query(`alter table outbox_messages rename to outbox_messages_away`);
    await until('a failed claim', () => Promise.resolve(failures.some(({ id }) => id === 'claim')));
    await admin.query(`alter table outbox_messages_away rename to outbox_messages`);
    await admin.end();
    await mail('afterwards');
    await until('the mail', () => Promise.resolve(seen.includes('afterwards')));
  });
});

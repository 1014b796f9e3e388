import { afterAll, afterEach, beforeAll, expect, vi, test } from 'vitest';
import { EventIntake } from '../../libs/commissions/index.js';
import { lockPartners } from '../../libs/ledger/index.js';
import { SystemClock } from '../../libs/kernel/clock.js';
import { refund, sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'key_shop', requestId: 'req_1' };
const terms = termsWith({
  commissions: [{ id: 'all', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
});

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterEach(() => void vi.restoreAllMocks());
afterAll(() => money.close());

async function intakeOfOneProgram() {
  const programId = await seedProgram(money.database);
  await seedPartner(money.database, { programId, reference: 'p1', terms });
  const taken = vi.spyOn(money.commissions, 'ingest');
  const intake = new EventIntake(money.commissions, new SystemClock());
  return { programId, taken, report: (event: unknown, by = actor) => intake.report(programId, event, by) };
}

function sales(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => sale(`s${index}`, { amountMinor: 1_000 + index * 100 }));
}

test('reports that come together are taken in together, and each has its own answer', async () => {
  const { report, taken } = await intakeOfOneProgram();
  const reports = [...sales(40), sale('s3', { amountMinor: 1 }), refund('r1', 's1', 1_100), { id: 'broken' }];
  const results = await Promise.all(reports.map((event) => report(event)));
  expect(
    results.slice(0, 40).map((result) => [result.id, result.status === 'priced' && result.amount.amountMinor]),
  ).toEqual(sales(40).map(({ id }, index) => [id, 100 + index * 10]));
  expect(results.slice(40)).toMatchObject([
    { id: 's3', status: 'refused', problem: { code: 'event-conflict' } },
    { id: 'r1', status: 'priced', amount: { amountMinor: -110 } },
    { id: 'broken', status: 'refused', problem: { code: 'invalid-document' } },
  ]);
  expect(taken.mock.calls.length).toBeLessThanOrEqual(3);
});

test('a report that comes alone does not wait for others', async () => {
  const { report, taken } = await intakeOfOneProgram();
  expect(await report(sale('s1'))).toMatchObject({ id: 's1', status: 'priced' });
  expect(await report(sale('s1'))).toMatchObject({ id: 's1', status: 'duplicate' });
  expect(taken.mock.calls.map(([, events]) => events.length)).toEqual([1, 1]);
});

test('reports of several senders are never taken in together: each change names who reported it', async () => {
  const { programId, report, taken } = await intakeOfOneProgram();
  const other = { actorId: 'key_other', requestId: 'req_2' };
  await Promise.all(sales(20).map((event, index) => report(event, index % 2 === 0 ? actor : other)));
  for (const [, events, by] of taken.mock.calls) {
    const parity = by.actorId === actor.actorId ? 0 : 1;
    for (const event of events) expect(Number((event as { id: string }).id.slice(1)) % 2).toBe(parity);
  }
  const { items } = await money.ledger.transactions(programId, { limit: 100 });
  const posted = items.flatMap(({ refs, parts, actorId }) => {
    const eventIds = parts.length > 0 ? parts.map(({ eventId }) => eventId) : [refs.eventId ?? ''];
    return eventIds.map((eventId) => [eventId, actorId]);
  });
  expect(posted).toHaveLength(20);
  for (const [eventId = '', actorId] of posted) {
    expect([eventId, actorId]).toEqual([eventId, Number(eventId.slice(1)) % 2 === 0 ? 'key_shop' : 'key_other']);
  }
});

test('what fails with one report takes no other with it', async () => {
  const { report } = await intakeOfOneProgram();
  await money.owner.query(`
    create function fail_on_poison() returns trigger language plpgsql as $$
    begin
      if new.coupon = 'poison' then raise exception 'no space left on device'; end if;
      return new;
    end $$`);
  await money.owner.query(
    `create trigger poison before insert on events for each row execute function fail_on_poison()`,
  );
  const reports = [...sales(12), sale('poisoned', { coupon: 'poison' }), sale('last')];
  const settled = await Promise.allSettled(reports.map((event) => report(event)));
  await money.owner.query(`drop trigger poison on events`);
  expect(settled.map(({ status }) => status)).toEqual(
    reports.map(({ id }) => (id === 'poisoned' ? 'rejected' : 'fulfilled')),
  );
});

test('reports go past a transaction that waits for a partner whose money is locked', async () => {
  const { programId, report } = await intakeOfOneProgram();
  const locked = await seedPartner(money.database, { programId, reference: 'locked', terms });
  await report(sale('first', { partner: 'locked' }));
  let waiting: Promise<unknown> | undefined;
  await money.database.inTransaction(async (tx) => {
    await lockPartners(tx, programId, [locked]);
    waiting = report(sale('held-up', { partner: 'locked' }));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await report(sale('free'))).toMatchObject({ id: 'free', status: 'priced' });
  });
  expect(await waiting).toMatchObject({ id: 'held-up', status: 'priced' });
});

test('once what was held up is through, reports are taken in one transaction after the other again', async () => {
  const ingest = money.commissions.ingest.bind(money.commissions);
  const { programId, report, taken } = await intakeOfOneProgram();
  const locked = await seedPartner(money.database, { programId, reference: 'locked', terms });
  await report(sale('first', { partner: 'locked' }));
  const running = new Set<number>();
  const agesOfOthers: number[] = [];
  taken.mockImplementation(async (...request) => {
    const begunMs = Date.now() + Math.random();
    agesOfOthers.push(...[...running].map((otherMs) => begunMs - otherMs));
    running.add(begunMs);
    try {
      return await ingest(...request);
    } finally {
      running.delete(begunMs);
    }
  });
  const reports: Promise<unknown>[] = [];
  const reportFor = async (ms: number): Promise<void> => {
    for (
      const untilMs = Date.now() + ms;
      Date.now() < untilMs;
      await new Promise((resolve) => setTimeout(resolve, 1))
    ) {
      reports.push(report(sale(`free-${reports.length}`)));
    }
  };
  await money.database.inTransaction(async (tx) => {
    await lockPartners(tx, programId, [locked]);
    reports.push(report(sale('held-up', { partner: 'locked' })));
    await reportFor(150);
  });
  await reportFor(150);
  expect(await Promise.all(reports)).toEqual(reports.map((): unknown => expect.objectContaining({ status: 'priced' })));
  expect(agesOfOthers.length).toBeGreaterThan(0);
  expect(Math.min(...agesOfOthers)).toBeGreaterThan(95);
});

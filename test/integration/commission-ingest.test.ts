import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventResult } from '../../libs/commissions/index.js';
import { refund, sale, startMoneyServices, termsWith, voidOf, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'test' };

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

/** A program with the partner `p1` under terms with new and existing customers told apart. */
async function newProgram(terms = newAndExisting) {
  const programId = await seedProgram(money.database);
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  const ingest = (...events: unknown[]) => money.commissions.ingest(programId, events, actor);
  const amounts = async () => {
    const { items } = await money.commissions.lines(programId, { limit: 200 });
    return Object.fromEntries(items.map((line) => [`${line.eventId}/${line.rule}`, line.amount.amountMinor]));
  };
  const accrued = async () => {
    const [account] = await money.ledger.balances(programId, { codes: ['commission_accrued'] });
    return account?.balanceMinor ?? 0n;
  };
  return { programId, partnerId, ingest, amounts, accrued };
}

const newAndExisting = termsWith({
  commissions: [
    { id: 'new', event: 'sale', match: { customer: 'new' }, reward: { kind: 'percent', rate: '20' } },
    { id: 'existing', event: 'sale', match: { customer: 'existing' }, reward: { kind: 'percent', rate: '5' } },
    { id: 'small', event: 'install', reward: { kind: 'flat', amountMinor: 200 }, limits: { perEventMinor: 150 } },
  ],
});

function statusesOf(results: readonly EventResult[]): string[] {
  return results.map((result) => ('reason' in result ? `${result.status}: ${result.reason}` : result.status));
}

describe('a batch of events', () => {
  test('answers in order, and one bad item never hides the others', async () => {
    const { programId, partnerId, ingest, amounts } = await newProgram();
    const results = await ingest(
      sale('s1', { customer: 'c1' }),
      { id: 'bad', type: 'sale' },
      'nonsense',
      sale('s2', { customer: 'c1', partner: partnerId }),
      sale('s3', { partner: 'nobody' }),
      sale('s4', { customer: 'c2', currency: 'EUR' }),
      sale('s5'),
      refund('r1', 's1', 2_500),
      refund('r2', 'unknown', 100),
      voidOf('v1', 'r1'),
      sale('s1', { customer: 'c1', occurredAt: '2026-01-10T01:00:00+01:00', coupon: null }),
      { ...sale('i1', { amountMinor: 0 }), type: 'install' },
    );
    expect(statusesOf(results)).toEqual([
      'priced',
      'refused',
      'refused',
      'priced',
      'refused',
      'held: no_rate',
      'unpriced: no_rule',
      'priced',
      'waiting',
      'unpriced: void_of_refund',
      'duplicate',
      'priced',
    ]);
    expect(results[0]).toMatchObject({
      id: 's1',
      partnerId,
      rule: 'new',
      clause: '2.1',
      amount: { amountMinor: 2_000, currency: 'USD' },
    });
    expect(results[2]).not.toHaveProperty('id');
    expect(results[4]).toMatchObject({ problem: { code: 'not-found', errors: [{ pointer: '/partner' }] } });
    expect(results[1]).toMatchObject({ id: 'bad', problem: { code: 'invalid-document' } });
    expect(await amounts()).toEqual({ 's1/new': 2_000, 's2/existing': 500, 'r1/new': -500, 'i1/small': 150 });
    const lines = await money.commissions.lines(programId, {});
    expect(lines.items.find(({ eventId }) => eventId === 'i1')).toMatchObject({ clamp: 'perEvent', vested: false });
  });

  test('keeps what came first where an id comes with other content', async () => {
    const { ingest, amounts } = await newProgram();
    const first = await ingest(sale('s1', { customer: 'c1' }), sale('s1', { customer: 'c1', amountMinor: 1 }));
    expect(statusesOf(first)).toEqual(['priced', 'refused']);
    const later = await ingest(sale('s1', { customer: 'c1', amountMinor: 1 }), sale('s1', { customer: 'c1' }));
    expect(later[0]).toMatchObject({ id: 's1', status: 'refused', problem: { code: 'event-conflict' } });
    expect(statusesOf(later)).toEqual(['refused', 'duplicate']);
    expect(await amounts()).toEqual({ 's1/new': 2_000 });
  });

  test('takes a report whose first attempt in the list named no partner', async () => {
    const { ingest } = await newProgram();
    const results = await ingest(sale('s1', { partner: 'nobody' }), sale('s1', { customer: 'c1' }));
    expect(statusesOf(results)).toEqual(['refused', 'priced']);
  });

  test('is refused whole above the limit', async () => {
    const { ingest } = await newProgram();
    const events = Array.from({ length: 1_001 }, (_, index) => sale(`s${index}`));
    await expect(ingest(...events)).rejects.toMatchObject({ code: 'payload-too-large' });
  });

  test('that fails while some of it is being booked leaves nothing, and is taken whole afterwards', async () => {
    const { programId, ingest, accrued } = await newProgram();
    for (const reference of ['p2', 'p3']) {
      await seedPartner(money.database, { programId, reference, terms: newAndExisting });
    }
    const events = ['p1', 'p2', 'p3'].flatMap((partner) =>
      Array.from({ length: 250 }, (_, index) =>
        sale(`${partner}-${index}`, { partner, customer: `c-${partner}-${index}` }),
      ),
    );
    await money.owner.query(
      `create function fail_one() returns trigger language plpgsql as $$
       begin if new.event_id = 'p2-249' then raise exception 'no space left'; end if; return new; end $$`,
    );
    await money.owner.query(
      `create trigger fail_one before insert on commission_lines for each row execute function fail_one()`,
    );
    const kept = async () => {
      const [row] = await money.database.query<Record<string, number>>(
        `select (select count(*)::int from events where program_id = $1) as events,
           (select count(*)::int from commission_lines where program_id = $1) as lines,
           (select count(*)::int from ledger_transactions where program_id = $1) as transactions`,
        [programId],
      );
      return row;
    };
    await expect(ingest(...events)).rejects.toThrow('no space left');
    expect(await kept()).toEqual({ events: 0, lines: 0, transactions: 0 });
    await money.owner.query(`drop function fail_one cascade`);
    expect(new Set(statusesOf(await ingest(...events)))).toEqual(new Set(['priced']));
    // One transaction for each partner and clause; 20 % of 100.00 each.
    expect(await kept()).toEqual({ events: 750, lines: 750, transactions: 3 });
    expect(await accrued()).toBe(250n * 2_000n);
  });

  test('of another program is none of this one', async () => {
    const [one, two] = [await newProgram(), await newProgram()];
    await one.ingest(sale('s1', { customer: 'c1' }));
    expect(statusesOf(await two.ingest(refund('r1', 's1', 100)))).toEqual(['waiting']);
    expect(statusesOf(await two.ingest(sale('s2', { customer: 'c1', partner: one.partnerId })))).toEqual(['refused']);
  });
});

describe('a late event', () => {
  test('makes a later sale one of an existing customer, and the books follow', async () => {
    const { programId, ingest, amounts, accrued } = await newProgram();
    await ingest(sale('s2', { customer: 'c1' }), sale('other', { customer: 'c2' }), refund('r2', 's2', 5_000));
    expect(await amounts()).toEqual({ 's2/new': 2_000, 'other/new': 2_000, 'r2/new': -1_000 });
    await ingest(sale('s1', { customer: 'c1', occurredAt: '2026-01-01T00:00:00Z' }));
    const expected = { 's1/new': 2_000, 's2/existing': 500, 'other/new': 2_000, 'r2/existing': -250 };
    expect(await amounts()).toEqual(expected);
    expect(await accrued()).toBe(4_250n);
    const facts = await money.database.query<{ subject_id: string; details: unknown }>(
      `select subject_id, details from audit_facts where program_id = $1 and action = 'commission.reprice' order by subject_id`,
      [programId],
    );
    expect(facts.map(({ subject_id }) => subject_id)).toEqual(['r2', 's2']);
    expect(facts[1]?.details).toMatchObject({ rule: 'new', fromMinor: 2_000, toMinor: 0 });
  });

  test('of the same instant comes before one with a greater id', async () => {
    const { ingest, amounts } = await newProgram();
    await ingest(sale('b', { customer: 'c1' }));
    await ingest(sale('a', { customer: 'c1' }), sale('B', { customer: 'c2' }));
    await ingest(sale('c', { customer: 'c1' }), sale('A', { customer: 'c2' }));
    const expected = { 'a/new': 2_000, 'b/existing': 500, 'c/existing': 500, 'A/new': 2_000, 'B/existing': 500 };
    expect(await amounts()).toEqual(expected);
  });

  test('a refund or void waits for its event, and is judged when that arrives', async () => {
    const { ingest, amounts, accrued } = await newProgram();
    expect(statusesOf(await ingest(refund('r1', 's1', 10_000)))).toEqual(['waiting']);
    expect(statusesOf(await ingest(sale('s1', { customer: 'c1' })))).toEqual(['priced']);
    expect(await amounts()).toEqual({ 's1/new': 2_000, 'r1/new': -2_000 });
    expect(await accrued()).toBe(0n);
  });

  test('events from before an agreement earn once it is recorded and they are priced again', async () => {
    const programId = await seedProgram(money.database);
    const partnerId = await seedPartner(money.database, {
      programId,
      reference: 'p1',
      terms: termsWith(),
      effectiveFrom: new Date('2026-01-10T00:00:00Z'),
      effectiveUntil: new Date('2026-01-11T00:00:00Z'),
    });
    const at = (occurredAt: string) => ({ occurredAt });
    const results = await money.commissions.ingest(
      programId,
      [
        sale('before', at('2026-01-09T23:59:59.999Z')),
        sale('first', at('2026-01-10T00:00:00Z')),
        sale('last', at('2026-01-10T23:59:59.999Z')),
        sale('after', at('2026-01-11T00:00:00Z')),
      ],
      actor,
    );
    expect(statusesOf(results)).toEqual(['unpriced: no_agreement', 'priced', 'priced', 'unpriced: no_agreement']);
    await money.owner.query(
      `update agreement_versions set effective_from = '2025-01-01', in_force = tstzrange('2025-01-01', null) where partner_id = $1`,
      [partnerId],
    );
    await money.commissions.repriceSince(programId, partnerId, Date.parse('2025-01-01T00:00:00Z'), actor);
    const { items } = await money.commissions.lines(programId, {});
    expect(items.map(({ eventId }) => eventId)).toEqual(['after', 'last', 'first', 'before']);
  });
});

describe('batches at the same time', () => {
  test('for one partner and customer end as they would one after the other', async () => {
    const { ingest, amounts, accrued } = await newProgram();
    const day = (index: number) => new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
    const batches = Array.from({ length: 12 }, (_, index) => [
      sale(`s${index}`, { customer: 'c1', occurredAt: day(index) }),
      refund(`r${index}`, `s${(index + 1) % 12}`, 10_000, day(20)),
    ]);
    await Promise.all(batches.reverse().map((batch) => ingest(...batch)));
    const lines = await amounts();
    expect(lines['s0/new']).toBe(2_000);
    expect(Object.keys(lines)).toHaveLength(24);
    expect(Object.values(lines).reduce((sum, amount) => sum + amount, 0)).toBe(0);
    expect(await accrued()).toBe(0n);
  });

  test.each([
    { first: 'the sale', reports: [sale('s1', { customer: 'c1' }), refund('r1', 's1', 4_000)] },
    { first: 'its refund', reports: [refund('r1', 's1', 4_000), sale('s1', { customer: 'c1' })] },
  ])('find each other where $first is still on its way when the other comes', async ({ reports }) => {
    const { programId, ingest, amounts } = await newProgram();
    let other: Promise<unknown> | undefined;
    await money.database.inTransaction(async (tx) => {
      await money.commissions.ingestWithin(tx, programId, [reports[0]], actor);
      other = ingest(reports[1]);
      await sleep(200);
    });
    await other;
    const lines = await amounts();
    expect(Object.values(lines)).toHaveLength(2);
    expect(lines['r1/new']).toBe(-lines['s1/new']! * 0.4);
  });

  test('with the same events keep each once', async () => {
    const { ingest, accrued } = await newProgram();
    const events = Array.from({ length: 20 }, (_, index) => sale(`s${index}`, { customer: `c${index}` }));
    const results = await Promise.all([ingest(...events), ingest(...[...events].reverse()), ingest(...events)]);
    expect(results.flat().filter(({ status }) => status === 'priced')).toHaveLength(20);
    expect(results.flat().filter(({ status }) => status === 'duplicate')).toHaveLength(40);
    expect(await accrued()).toBe(40_000n);
  });
});

describe('an explanation', () => {
  test('says why an event has earned what it has, down to clause and ledger', async () => {
    const { programId, partnerId, ingest } = await newProgram();
    await ingest(
      sale('s1', { customer: 'c1', occurredAt: '2026-01-01T00:00:00Z' }),
      sale('s2', { customer: 'c1' }),
      refund('r1', 's2', 5_000),
      refund('r2', 's2', 6_000),
    );
    const explained = await money.commissions.explain(programId, 's2');
    expect(explained).toMatchObject({
      partnerId,
      summary:
        'Event s2 earned USD 5.00 under clause 2.2, of which USD 2.50 was taken back; it is held until 2026-02-09.',
      trace: { outcome: 'line', earlierSale: '2026-01-01T00:00:00.000Z', calculation: { rule: 'existing' } },
      reversals: [
        { event: 'r1', amountMinor: -250 },
        { event: 'r2', outcome: 'refund_exceeds' },
      ],
    });
    expect(explained.lines.map(({ eventId, amount }) => [eventId, amount.amountMinor])).toEqual(
      expect.arrayContaining([
        ['s2', 500],
        ['r1', -250],
      ]),
    );
    expect((await money.commissions.explain(programId, 'r2')).summary).toBe(
      'The refund r2 takes nothing back: with the refunds before it, it is more than the amount of the event.',
    );
    const { items } = await money.ledger.transactions(programId, { eventId: 's2' });
    expect(items).toMatchObject([{ kind: 'accrue', refs: { partnerId, ruleId: 'existing', clause: '2.2' } }]);
  });

  test('exists for events without a line, and for none that is unknown', async () => {
    const { programId, ingest } = await newProgram();
    await ingest(sale('s1'), refund('r1', 'unknown', 5));
    expect((await money.commissions.explain(programId, 's1')).summary).toBe(
      'Event s1 earned nothing: no rule of the agreement matches it.',
    );
    expect(await money.commissions.explain(programId, 'r1')).not.toHaveProperty('partnerId');
    await expect(money.commissions.explain(programId, 'none')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the list of lines', () => {
  test('comes in pages, newest first, and refuses a cursor that it did not give', async () => {
    const { programId, partnerId, ingest } = await newProgram();
    await ingest(...Array.from({ length: 7 }, (_, index) => sale(`s${index}`, { customer: `c${index}` })));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await money.commissions.lines(programId, { partnerId, limit: 3, cursor });
      seen.push(...page.items.map(({ eventId }) => eventId));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['s6', 's5', 's4', 's3', 's2', 's1', 's0']);
    for (const wrong of ['', 'x', Buffer.from('["a","b","c","d","e"]').toString('base64url')]) {
      await expect(money.commissions.lines(programId, { cursor: wrong })).rejects.toMatchObject({
        code: 'malformed-request',
      });
    }
  });
});

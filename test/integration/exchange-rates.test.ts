import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { firstSales } from '../../libs/tracking/index.js';
import { sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { runSimulation } from '../support/simulate.js';

const actor = { actorId: 'test' };
const terms: Terms = termsWith({
  commissions: [
    { id: 'new', event: 'sale', match: { customer: 'new' }, reward: { kind: 'percent', rate: '20' } },
    {
      ...{ id: 'other', event: 'sale' },
      reward: {
        ...{ kind: 'banded', basis: 'amount', period: 'month', mode: 'marginal' },
        bands: [
          { from: 0, rate: '5' },
          { from: 10_000, rate: '10' },
        ],
      },
    },
  ],
});
const plain: Terms = termsWith({ commissions: [terms.commissions[0]!] });

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

async function newProgram(own: Terms = terms) {
  const programId = await seedProgram(money.database);
  await seedPartner(money.database, { programId, reference: 'p1', terms: own });
  const lines = async () => {
    const rows = await money.database.query<{ text: string }>(
      `select event_id || ' ' || rule_id || ' ' || amount_minor as text from commission_lines
       where program_id = $1 and amount_minor <> 0 order by occurred_at, event_id`,
      [programId],
    );
    return rows.map(({ text }) => text);
  };
  const tell = (...rates: [string, string][]) =>
    money.commissions.recordRates(
      programId,
      rates.map(([date, rate]) => ({ date, from: 'EUR', to: 'USD', rate })),
      actor,
    );
  const ingest = (...events: unknown[]) => money.commissions.ingest(programId, events, actor);
  return { programId, lines, tell, ingest };
}

const euros = (id: string, occurredAt: string, fields: Record<string, unknown> = {}) =>
  sale(id, { occurredAt, currency: 'EUR', customer: 'c1', ...fields });

test.each([
  { name: 'rules that count', own: terms },
  { name: 'rules that count nothing', own: plain },
])('a held event is priced once its day has a rate, and so is all that it changes: $name', async ({ own }) => {
  const { programId, lines, tell, ingest } = await newProgram(own);
  const events = [
    euros('e1', '2026-01-10T23:59:59Z'),
    sale('s2', { occurredAt: '2026-01-11T12:00:00Z', customer: 'c1' }),
    euros('e3', '2026-01-12T00:00:00Z'),
  ];
  expect((await ingest(...events)).map(({ status }) => status)).toEqual(['held', 'priced', 'held']);
  // Held is in nobody's history: the dollars are the customer's first sale.
  expect(await lines()).toEqual(['s2 new 2000']);
  expect(await tell(['2026-01-10', '1.1'])).toEqual({ recorded: 1, known: 0 });
  const rates = [['2026-01-10', 'EUR', 'USD', '1.1']];
  const simulated = await runSimulation({ terms: own, events, rates });
  const expected = simulated.lines as unknown as { event: string; rule: string; amountMinor: number }[];
  expect(await lines()).toEqual(expected.map(({ event, rule, amountMinor }) => `${event} ${rule} ${amountMinor}`));
  expect(await lines()).toContain('e1 new 2200');
  expect((await money.commissions.explain(programId, 'e3')).summary).toBe(
    'Event e3 earned nothing: there is no exchange rate for its day yet.',
  );
});

test('an event whose day has a rate is priced when it comes', async () => {
  const { tell, ingest } = await newProgram();
  await tell(['2026-01-10', '1.25']);
  const [result] = await ingest(euros('e1', '2026-01-10T12:00:00Z'));
  expect(result).toMatchObject({ status: 'priced', rule: 'new', amount: { amountMinor: 2_500, currency: 'USD' } });
});

test('an amount that is too large once it is converted stays held, and out of its customer’s history', async () => {
  const { lines, tell, ingest } = await newProgram();
  await tell(['2026-01-10', '2']);
  const huge = { amountMinor: Number.MAX_SAFE_INTEGER };
  const [held] = await ingest(euros('e1', '2026-01-10T00:00:00Z', huge));
  expect(held).toMatchObject({ status: 'held', reason: 'out_of_range' });
  await ingest(euros('e2', '2026-01-10T01:00:00Z'));
  expect(await lines()).toEqual(['e2 new 4000']);
});

test('a day keeps its first rate, and a call with another one leaves nothing behind', async () => {
  const { programId, tell } = await newProgram();
  await tell(['2026-01-10', '1.1']);
  expect(await tell(['2026-01-10', '1.10'], ['2026-01-11', '1.2'])).toEqual({ recorded: 1, known: 1 });
  await expect(tell(['2026-01-12', '1.2'], ['2026-01-10', '1.3'])).rejects.toMatchObject({
    code: 'already-exists',
    errors: [{ pointer: '/rates/1/rate' }],
  });
  await expect(tell(['2026-02-01', '1.2'], ['2026-02-01', '1.3'])).rejects.toMatchObject({ code: 'already-exists' });
  await expect(tell(['2026-02-30', '1.2'])).rejects.toMatchObject({ code: 'invalid-document' });
  await expect(tell(['2026-02-01', '0'])).rejects.toMatchObject({ errors: [{ pointer: '/rates/0' }] });
  const { items } = await money.commissions.exchangeRates(programId, {});
  expect(items.map(({ date, rate }) => [date, rate])).toEqual([
    ['2026-01-11', '1.2'],
    ['2026-01-10', '1.1'],
  ]);
});

test('rates that were kept before a crash are applied at the next cut-off', async () => {
  const { programId, lines, ingest } = await newProgram();
  await ingest(euros('e1', '2026-01-10T12:00:00Z'));
  const id = await money.owner.query<{ id: string }>(
    `insert into exchange_rates (program_id, day, from_currency, to_currency, rate, max_amount_minor, recorded_by, recorded_at)
     values ($1, '2026-01-10', 'EUR', 'USD', '1.5', 1000000000, 'test', now()) returning id`,
    [programId],
  );
  await money.owner.query(`insert into exchange_rates_to_apply (rate_id, program_id) values ($1, $2)`, [
    id[0]!.id,
    programId,
  ]);
  await money.commissions.vest({ programId, cutOffMs: Date.parse('2026-01-11T00:00:00Z'), actorId: 'system' });
  expect(await lines()).toEqual(['e1 new 3000']);
  expect(await money.owner.query(`select from exchange_rates_to_apply where program_id = $1`, [programId])).toEqual([]);
});

test('a rate that is told while an event is on its way finds that event', async () => {
  const { lines, tell, ingest } = await newProgram(plain);
  // Holds the event back after its rates were read: another sale of its batch is to be posted.
  const gate = money.owner.dataSource.createQueryRunner();
  await gate.startTransaction();
  await gate.query(`lock table ledger_transactions in share row exclusive mode`);
  const day = '2026-03-01';
  const coming = ingest(sale('s1', { customer: 'c2' }), euros('e1', `${day}T12:00:00Z`));
  await waitForLocks(1);
  const telling = tell([day, '1.1']);
  await waitForLocks(2);
  await gate.rollbackTransaction();
  await gate.release();
  await Promise.all([coming, telling]);
  expect(await lines()).toEqual(['s1 new 2000', 'e1 new 2200']);
});

/** Waits until so many sessions of this database wait for a lock. */
async function waitForLocks(count: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const [row] = await money.owner.query<{ waiting: number }>(
      `select count(distinct pid)::int as waiting from pg_locks
       where not granted and database = (select oid from pg_database where datname = current_database())`,
    );
    if (row!.waiting >= count) return;
    await sleep(25);
  }
  throw new Error(`there were never ${count} sessions that wait`);
}

test("a customer's first sale is found by the currency of each version in its time", async () => {
  const { programId, ingest } = await newProgram(plain);
  await ingest(
    euros('e1', '2026-01-10T00:00:00Z'),
    sale('s2', { occurredAt: '2026-01-11T00:00:00Z', customer: 'c1' }),
    euros('e3', '2026-02-10T00:00:00Z'),
  );
  const [partner] = await money.database.query<{ id: string }>(`select id from partners where program_id = $1`, [
    programId,
  ]);
  const [before, after] = [Date.parse('2025-01-01T00:00:00Z'), Date.parse('2026-01-11T00:00:00Z')];
  const firstUnder = async (...currencies: [string, string]) => {
    const periods = [
      { fromMs: before, untilMs: after, currency: currencies[0] },
      { fromMs: after, currency: currencies[1] },
    ];
    const asked = { partnerId: partner!.id, customers: ['c1'], periods, mayShare: false };
    const { sales } = await firstSales(money.database.dataSource.manager, programId, [asked], []);
    return sales.map(({ eventId }) => eventId);
  };
  expect(await firstUnder('USD', 'USD')).toEqual(['s2']);
  expect(await firstUnder('EUR', 'USD')).toEqual(['e1']);
  // No rate is known: neither the euros under dollars nor the dollars under euros count.
  expect(await firstUnder('USD', 'EUR')).toEqual(['e3']);
});

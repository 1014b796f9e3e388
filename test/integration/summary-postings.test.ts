import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'csv-parse/sync';
import { checkBooks } from '../../libs/books/index.js';
import { linesOfEvents, saveLines } from '../../libs/commissions/commission-lines.js';
import { bookingSpan, JournalExport, Statements, verifyChain } from '../../libs/ledger/index.js';
import { waitForEarlierTransactions } from '../support/earlier-transactions.js';
import { readBeancount, readHledger } from '../support/journal-readers.js';
import { refund, sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { withTriggersOff } from '../support/tampering.js';

const actor = { actorId: 'key_shop' };
const terms = termsWith({
  commissions: [
    { id: 'gold', event: 'sale', match: { coupons: ['GOLD'] }, reward: { kind: 'percent', rate: '20' } },
    { id: 'all', event: 'sale', reward: { kind: 'percent', rate: '10' } },
  ],
});

let money: MoneyServices;
let programId: string;
let partnerId: string;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());
beforeEach(async () => {
  programId = await seedProgram(money.database);
  partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  await seedPartner(money.database, { programId, reference: 'p2', terms });
});

const report = (...events: unknown[]) => money.commissions.ingest(programId, events, actor);
const posted = async (filter = {}) => (await money.ledger.transactions(programId, filter)).items;
const span = bookingSpan({}, 'UTC');

/** In the order of the texts that they print. */
const byText = (a: unknown[], b: unknown[]) => (String(a) < String(b) ? -1 : 1);

/** Three sales of one clause, one of another, one of another partner. */
const five = [
  sale('s1', { occurredAt: '2026-01-10T08:00:00.125Z' }),
  sale('s2', { amountMinor: 2_005, occurredAt: '2026-01-12T00:00:00Z' }),
  sale('s3,"odd"; \\name', { amountMinor: 30, occurredAt: '2026-01-11T00:00:00Z' }),
  sale('s4', { coupon: 'GOLD' }),
  sale('s5', { partner: 'p2' }),
];

async function exported(format: 'csv' | 'hledger' | 'beancount'): Promise<string> {
  let text = '';
  const request = { programId, title: 'Demo', timeZone: 'UTC', span, format };
  for await (const piece of money.get(JournalExport).write(request)) text += piece;
  return text;
}

describe('what several events of one partner earn under one clause', () => {
  it('is one transaction with a part for each, at the instant of the last', async () => {
    await report(...five);
    const all = await posted();
    expect(all.map(({ refs, parts }) => [refs.ruleId, refs.eventId, parts.length]).sort(byText)).toEqual([
      ['all', undefined, 3],
      ['all', 's5', 0],
      ['gold', 's4', 0],
    ]);
    // 10 % of 100.00, 20.05 (2.005 rounds half to even) and 0.30.
    const [together] = all.filter(({ parts }) => parts.length > 0);
    expect(together).toMatchObject({
      kind: 'accrue',
      eventAt: new Date('2026-01-12T00:00:00Z'),
      refs: { partnerId, ruleId: 'all', clause: expect.any(String), termsHash: expect.any(String) },
      legs: [{ amountMinor: 1_203n }, { amountMinor: -1_203n }],
      parts: [
        { eventId: 's1', eventAt: new Date('2026-01-10T08:00:00.125Z'), amountMinor: 1_000n },
        { eventId: 's2', eventAt: new Date('2026-01-12T00:00:00Z'), amountMinor: 200n },
        { eventId: 's3,"odd"; \\name', eventAt: new Date('2026-01-11T00:00:00Z'), amountMinor: 3n },
      ],
    });
    expect((await checkBooks(money.owner)).violations).toEqual([]);
  });

  it('is found by each of its events, with what changed of the event later', async () => {
    await report(...five);
    await report(refund('r1', 's2', 2_005));
    const [summed] = (await posted({ eventId: 's1' })).filter(({ parts }) => parts.length === 3);
    expect(await posted({ eventId: 's2' })).toEqual([summed]);
    expect(await posted({ eventId: 'r1' })).toMatchObject([{ kind: 'reverse', parts: [], refs: { eventId: 'r1' } }]);
    expect(await posted({ eventId: 's' })).toEqual([]);
    expect((await checkBooks(money.owner)).violations).toEqual([]);
  });

  it('is taken back event by event where an earlier event changes the clause', async () => {
    await report(sale('s1', { customer: 'c1' }), sale('s2', { customer: 'c1' }));
    await report({ id: 'v1', type: 'void', voidOf: 's1', occurredAt: '2026-01-20T00:00:00Z' });
    expect((await posted()).map(({ kind, parts }) => [kind, parts.length])).toEqual([
      ['reverse', 0],
      ['accrue', 2],
    ]);
    const [balance] = await money.ledger.balances(programId, { codes: ['commission_accrued'] });
    expect(balance?.balanceMinor).toBe(1_000n);
    expect((await checkBooks(money.owner)).violations).toEqual([]);
  });

  it('stands in the statement as the partner knows it: one line for each event, however it is paged', async () => {
    await report(...five);
    const request = { programId, partnerId, currency: 'USD', span };
    const lines = [];
    for (let cursor: string | undefined; ;) {
      const page = await money.get(Statements).page({ ...request, limit: 1, ...(cursor && { cursor }) });
      lines.push(...page.items);
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(lines.map(({ eventId, accruedMinor }) => [eventId, accruedMinor]).sort()).toEqual([
      ['s1', 1_000n],
      ['s2', 200n],
      ['s3,"odd"; \\name', 3n],
      ['s4', 2_000n],
    ]);
    expect(lines.at(-1)?.balanceMinor).toBe(3_203n);
    const { statements } = await money.get(Statements).whole({ programId, partnerId, span }, 100);
    expect(statements).toMatchObject([{ closing: { accruedMinor: 3_203n }, lines }]);
  });

  it('stands in the journal event by event, in every format', async () => {
    await report(...five);
    const rows: Record<string, string>[] = parse(await exported('csv'), { columns: true });
    const debited = rows.filter(({ amountMinor }) => BigInt(amountMinor!) > 0n);
    expect(debited.map(({ eventId, eventAt, amountMinor }) => [eventId, eventAt, amountMinor]).sort()).toEqual([
      ['s1', '2026-01-10T08:00:00.125Z', '1000'],
      ['s2', '2026-01-12T00:00:00.000Z', '200'],
      ['s3,"odd"; \\name', '2026-01-11T00:00:00.000Z', '3'],
      ['s4', '2026-01-10T00:00:00.000Z', '2000'],
      ['s5', '2026-01-10T00:00:00.000Z', '1000'],
    ]);
    for (const [format, read] of [['hledger', readHledger], ['beancount', readBeancount]] as const) {
      const transactions = read(await exported(format));
      const summed = transactions.find(({ postings }) => postings.length === 6);
      expect(summed?.postings.map(({ event }) => event)).toEqual(
        ['s1', 's1', 's2', 's2', 's3,"odd"; \\name', 's3,"odd"; \\name'],
      );
      expect(transactions.filter(({ facts }) => facts['event'] === 's4')).toHaveLength(1);
    } // prettier-ignore
  });

  it('is chained with its parts: one that is changed is found', async () => {
    await report(...five);
    await waitForEarlierTransactions(money.database);
    await money.chain.extend(programId);
    const verified = () => verifyChain(money.database.dataSource.manager, programId);
    expect(await verified()).toMatchObject({ transactions: 3 });
    expect(await verified()).not.toHaveProperty('fault');
    await withTriggersOff(money.owner, (tx) =>
      tx.query(
        `update ledger_transactions set parts = jsonb_set(parts, '{0,0}', '"another"') where program_id = $1 and parts is not null`,
        [programId],
      ),
    );
    expect(await verified()).toMatchObject({ fault: { detail: expect.stringContaining('is not what was chained') } });
  });
});

it('a line that somebody else has changed meanwhile is not overwritten', async () => {
  await report(sale('s1'));
  const save = (revision: number) =>
    money.database.inTransaction(async (tx) => {
      const [line] = await linesOfEvents(tx, programId, ['s1']);
      await saveLines(tx, programId, {
        lines: [{ ...line!, revision }],
        accruedIn: new Map(),
        computedAt: new Date(),
      });
    });
  await save(2);
  await expect(save(2)).rejects.toThrow('changed by somebody else');
  await expect(save(4)).rejects.toThrow('changed by somebody else');
  await save(3);
  // As new it would stand there twice.
  await expect(save(1)).rejects.toThrow('duplicate key');
});

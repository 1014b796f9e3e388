import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Transaction } from '../../libs/database/index.js';
import {
  accrue,
  bookingSpan,
  JournalExport,
  journalColumns,
  PeriodCloses,
  Statements,
} from '../../libs/ledger/index.js';
import { BooksFixture } from '../support/books-house.js';
import { readBeancount, readHledger } from '../support/journal-readers.js';
import { PayoutHouse, refusal } from '../support/payout-house.js';

const dayMs = 86_400_000;
const finance = { actorId: 'usr_finance' };
let house: PayoutHouse;
let books: BooksFixture;

/** The house's clock stands on April 1st, 2026, and goes on with each test. */
beforeAll(async () => void (house = await PayoutHouse.open()));
afterAll(() => house.close());
beforeEach(async () => void (books = await BooksFixture.open(house)));

const periods = () => house.module.get(PeriodCloses);
const lastMonth = () => {
  const now = house.clock.now();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15)).toISOString().slice(0, 7);
};
const close = (period: string, actor = finance) => periods().close(books.programId, period, actor);

describe('closing a month', () => {
  it('records the trial balance at its end, and tells of it', async () => {
    await books.sale(100_000);
    house.clock.advance(31 * dayMs);
    await books.sale(50_000);
    const period = lastMonth();
    expect(await close(period)).toMatchObject({ period, fromAt: null, closedBy: 'usr_finance', timeZone: 'Etc/UTC' });
    const closing = await periods().closing(books.programId, period);
    expect(closing.map(({ code, debitMinor, creditMinor, closingMinor }) => [code, debitMinor, creditMinor, closingMinor])).toEqual([
      ['commission_accrued', 0n, 10_000n, 10_000n],
      ['commission_expense', 10_000n, 0n, 10_000n],
    ]); // prettier-ignore
    expect((await house.outbox('domain_event', books.programId)).map(({ payload }) => payload)).toContainEqual(
      expect.objectContaining({ type: 'program.books_closed', data: { period, untilAt: expect.any(String) } }),
    );
    expect(await house.audit(books.programId)).toContainEqual(
      expect.objectContaining({ action: 'ledger.close_period', actor_id: 'usr_finance' }),
    );
  });

  it('carries balances on from one month to the next', async () => {
    await books.sale(100_000);
    house.clock.advance(31 * dayMs);
    await close(lastMonth());
    await books.sale(50_000);
    house.clock.advance(31 * dayMs);
    await close(lastMonth());
    const [accrued] = await periods().closing(books.programId, lastMonth());
    expect(accrued).toMatchObject({ creditMinor: 5_000n, closingMinor: 15_000n });
    expect(await books.violations()).toEqual([]);
  });

  it('refuses what is not over, not next, closed already, and answers a repeated request with what it did', async () => {
    await books.sale(100_000);
    const thisMonth = house.clock.now().toISOString().slice(0, 7);
    expect(await refusal(close(thisMonth))).toBe('illegal-transition');
    house.clock.advance(62 * dayMs);
    const asked = { ...finance, requestId: 'req_1' };
    const closed = await close(thisMonth, asked);
    expect(await close(thisMonth, asked)).toEqual(closed);
    expect(await refusal(close(thisMonth))).toBe('already-exists');
    expect(await refusal(close('2026-01'))).toBe('illegal-transition');
  });

  it('books what is learnt later in the open month, with the day it happened on', async () => {
    house.clock.advance(31 * dayMs);
    const period = lastMonth();
    const { untilAt } = await close(period);
    // A worker whose clock is behind: its posting would fall into the month that was just closed.
    const behindMs = house.clock.now().getTime() - untilAt.getTime() + 1;
    house.clock.advance(-behindMs);
    await books.sale(100_000);
    house.clock.advance(behindMs);
    const { items } = await house.ledger.transactions(books.programId, {});
    expect(items).toMatchObject([{ eventAt: new Date('2026-01-10T00:00:00Z'), bookedAt: untilAt }]);
    expect(await books.violations()).toEqual([]);
  });

  it('is guarded by the database: nothing is inserted with an earlier booking date', async () => {
    await books.sale(100_000);
    house.clock.advance(31 * dayMs);
    await close(lastMonth());
    const insert = `
      insert into ledger_transactions (id, program_id, kind, idempotency_key, event_at, created_at, actor_id)
      select 'txn_' || md5(random()::text), program_id, kind, 'late', event_at, created_at, actor_id from ledger_transactions where program_id = $1`;
    await expect(house.database.query(insert, [books.programId])).rejects.toThrow('nothing is booked at');
  });

  it('waits for a posting under way, and a posting waits for it', async () => {
    await books.sale(100_000);
    house.clock.advance(31 * dayMs);
    const shared = `select pg_advisory_xact_lock_shared(ledger_period_lock($1))`;
    const period = lastMonth();
    expect(await house.waits(async (tx) => void (await tx.query(shared, [books.programId])), () => close(period))).toBe(true);
    const alone = shared.replace('_shared', '');
    expect(await house.waits(async (tx) => void (await tx.query(alone, [books.programId])), () => books.sale(1_000))).toBe(true);
  }); // prettier-ignore
});

describe('a posting that comes while a month is being closed', () => {
  const fact = () => {
    const common = {
      key: 'late',
      eventAt: house.clock.now(),
      currency: 'USD',
      actorId: 'test',
      refs: { eventId: 'late' },
    };
    return accrue({ ...common, partnerId: books.partnerId, amountMinor: 100n });
  };
  const unlocked = () => house.database.inTransaction((tx) => house.ledger.post(tx, books.programId, [fact()]));

  it.each([
    ['with the lock of its partner', () => books.sale(1_000)],
    ['without', unlocked],
  ])('is booked in the month after it, %s', async (_, post) => {
    await books.sale(100_000);
    const until = new Date(house.clock.now().getTime() + dayMs);
    const hold = async (tx: Transaction): Promise<void> => {
      await tx.query(`select pg_advisory_xact_lock(ledger_period_lock($1))`, [books.programId]);
      await tx.query(
        `insert into ledger_periods (program_id, period, until_at, time_zone, closed_at, closed_by) values ($1, $2, $3, 'Etc/UTC', $3, 'test')`,
        [books.programId, lastMonth(), until],
      );
    };
    expect(await house.waits(hold, post)).toBe(true);
    const { items } = await house.ledger.transactions(books.programId, {});
    expect(items[0]).toMatchObject({ kind: 'accrue', bookedAt: until });
  });
});

describe('a statement of account', () => {
  const statement = (dates: { from?: string; to?: string } = {}, page: { limit?: number; cursor?: string } = {}) =>
    house.module.get(Statements).page({
      programId: books.programId,
      partnerId: books.partnerId,
      currency: 'USD',
      span: bookingSpan(dates, 'Etc/UTC'),
      ...page,
    });
  const today = () => house.clock.now().toISOString().slice(0, 10);

  it('goes by booking date: opening, lines that name what they are of, closing', async () => {
    const saleId = await books.sale(100_000);
    await books.vest();
    const firstDay = today();
    house.clock.advance(dayMs);
    const batchId = await books.release();
    const { opening, closing, items } = await statement({ from: today(), to: today() });
    expect(opening).toEqual({ accruedMinor: 0n, payableMinor: 10_000n, heldMinor: 0n, receivableMinor: 0n, totalMinor: 10_000n });
    expect(items).toMatchObject([{ kind: 'reserve', batchId, payableMinor: -10_000n, balanceMinor: 0n }]);
    expect(closing.totalMinor).toBe(0n);
    const before = await statement({ to: firstDay });
    expect(before.opening.totalMinor).toBe(0n);
    expect(before.closing).toEqual(opening);
    expect(before.items).toMatchObject([
      { kind: 'accrue', eventId: saleId, ruleId: 'sales', clause: expect.any(String), accruedMinor: 10_000n, balanceMinor: 10_000n },
      { kind: 'vest', eventId: saleId, accruedMinor: -10_000n, payableMinor: 10_000n, totalMinor: 0n, balanceMinor: 10_000n },
    ]);
  }); // prettier-ignore

  it('adds up on every page: opening and all lines make the closing', async () => {
    for (const amount of [100, 2_000, 30_000]) await books.sale(amount);
    await books.refund('sale-2', 1_000);
    await books.vest();
    const whole = await statement();
    let cursor: string | undefined;
    let sum = 0n;
    let lines = 0;
    do {
      const { items, next, closing } = await statement({}, { limit: 2, ...(cursor && { cursor }) });
      expect(closing).toEqual(whole.closing);
      for (const { totalMinor, balanceMinor } of items) expect(balanceMinor).toBe((sum += totalMinor));
      lines += items.length;
      cursor = next ?? undefined;
    } while (cursor);
    expect(lines).toBe(whole.items.length);
    expect(sum).toBe(whole.closing.totalMinor);
    expect(sum).toBe(3_110n);
  });
});

describe('the journal for other programs', () => {
  const exported = async (format: 'csv' | 'hledger' | 'beancount') => {
    const span = bookingSpan({}, 'Etc/UTC');
    let text = '';
    const request = { programId: books.programId, title: 'Demo "program"', timeZone: 'Etc/UTC', span, format };
    for await (const piece of house.module.get(JournalExport).write(request)) text += piece;
    const folder = process.env['PACTLINE_KEEP_JOURNALS'];
    if (folder) writeFileSync(path.join(folder, `demo.${format}`), text);
    return text;
  };

  it('is read and balances, whatever clients call their events', async () => {
    await books.sale(100_000, 'a"quoted",id;with~all\\kinds:of(signs)%');
    await books.sale(4_321, '=1+1');
    await books.vest();
    const batchId = await books.release();
    await books.pay(batchId ?? 'none');
    const { items } = await house.ledger.transactions(books.programId, { limit: 200 });
    const rows: Record<string, string>[] = parse(await exported('csv'), { columns: true });
    expect(Object.keys(rows[0] ?? {})).toEqual([...journalColumns]);
    expect(new Set(rows.map(({ transactionId }) => transactionId))).toEqual(new Set(items.map(({ id }) => id)));
    expect(rows.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor ?? 'x'), 0n)).toBe(0n);
    expect(rows.find(({ eventId }) => eventId === "'=1+1")).toMatchObject({ debit: '4.32', account: 'commission_expense' });
    const readers = { hledger: readHledger, beancount: readBeancount };
    for (const format of ['hledger', 'beancount'] as const) {
      const read = readers[format](await exported(format));
      expect(read.map(({ facts }) => facts['id'])).toEqual([...new Set(rows.map(({ transactionId }) => transactionId))]);
      expect(read.flatMap(({ postings }) => postings).map(({ amount }) => amount)).toEqual(
        rows.map(({ debit, credit }) => (debit === '' ? `-${credit}` : debit)),
      );
      expect(read.map(({ facts }) => facts['event'])).toContain('a"quoted",id;with~all\\kinds:of(signs)%');
    }
  }); // prettier-ignore

  it('goes on over many batches without losing or repeating a transaction', async () => {
    const sales = Array.from({ length: 1_050 }, (_, n) => ({
      id: `s${n}`, type: 'sale', amountMinor: 1_000 + n, currency: 'USD', partner: 'p1', occurredAt: '2026-01-10T00:00:00Z',
    })); // prettier-ignore
    const refunds = sales.slice(0, 700).map(({ id }) => ({
      id: `r${id}`, type: 'refund', refundOf: id, amountMinor: 500, occurredAt: '2026-01-20T00:00:00Z',
    })); // prettier-ignore
    await books.ingest(...sales.slice(0, 1_000));
    await books.ingest(...refunds);
    await books.ingest(...sales.slice(1_000));
    const read = readHledger(await exported('hledger'));
    expect(read).toHaveLength(702);
    expect(new Set(read.map(({ facts }) => facts['id'])).size).toBe(702);
    const named = read.flatMap(({ facts, postings }) => facts['event'] ?? postings.map(({ event }) => event));
    expect(new Set(named)).toEqual(new Set([...sales, ...refunds].map(({ id }) => id)));
    expect(named).toHaveLength(2 * 1_050 + 700);
  });
});

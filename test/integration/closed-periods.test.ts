import fc from 'fast-check';
import { PeriodCloses } from '../../libs/ledger/index.js';
import { BooksFixture } from '../support/books-house.js';
import { PayoutHouse, refusal } from '../support/payout-house.js';

const dayMs = 86_400_000;
let house: PayoutHouse;
beforeAll(async () => void (house = await PayoutHouse.open()));
afterAll(() => house.close());

type Step =
  | { kind: 'sale'; amountMinor: number }
  | { kind: 'refund'; of: number; percent: number }
  | { kind: 'days'; days: number }
  | { kind: 'late'; days: number }
  | { kind: 'vest' | 'release' | 'pay' | 'give_back' | 'close' | 'close_beside' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('sale' as const), amountMinor: fc.integer({ min: 100, max: 500_000 }) }),
  fc.record({ kind: fc.constant('refund' as const), of: fc.nat(20), percent: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ kind: fc.constant('days' as const), days: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('late' as const), days: fc.integer({ min: 1, max: 70 }) }),
  fc.record({ kind: fc.constantFrom('vest', 'release', 'pay', 'give_back', 'close', 'close_beside') }),
);

/** A program whose months are closed while money moves; it knows what stood in each when it was closed. */
class Course {
  readonly closed: { period: string; untilAt: Date; journal: string }[] = [];
  private readonly sales: { id: string; amountMinor: number }[] = [];
  private readonly batches: string[] = [];

  constructor(private readonly books: BooksFixture) {}

  async take(each: Step): Promise<void> {
    const last = this.batches.at(-1);
    switch (each.kind) {
      case 'sale':
        return this.sell(each.amountMinor);
      case 'refund': {
        const sale = this.sales[each.of % Math.max(1, this.sales.length)];
        if (sale) await this.books.refund(sale.id, Math.ceil((sale.amountMinor * each.percent) / 100));
        return;
      }
      case 'days':
        return void house.clock.advance(each.days * dayMs);
      case 'late':
        // A server whose clock stands in a month that may be closed by now.
        house.clock.advance(-each.days * dayMs);
        await this.sell(7_700);
        return void house.clock.advance(each.days * dayMs);
      case 'vest':
        return this.books.vest();
      case 'release': {
        const batchId = await this.books.release();
        if (batchId !== undefined) this.batches.push(batchId);
        return;
      }
      case 'pay':
        return last === undefined ? undefined : this.books.pay(last);
      case 'give_back':
        return last === undefined ? undefined : this.books.giveBack(last);
      case 'close':
        return this.close();
      case 'close_beside':
        await Promise.all([this.close(), this.sell(5_000), this.sell(6_000)]);
    }
  }

  /** What is booked before an instant: every leg, with its account and amount. */
  async journalBefore(untilAt: Date): Promise<string> {
    const [row] = await house.database.query<{ journal: string }>(
      `select count(*) || ' legs, ' || coalesce(md5(string_agg(t.id || ' ' || e.account_id || ' ' || e.amount_minor, ','
                order by t.id, e.account_id, e.amount_minor)), '-') as journal
       from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
       where t.program_id = $1 and t.created_at < $2`,
      [this.books.programId, untilAt],
    );
    return row!.journal;
  }

  private async sell(amountMinor: number): Promise<void> {
    this.sales.push({ id: await this.books.sale(amountMinor), amountMinor });
  }

  /** The month before, or the next after the one that was closed last; refused where that one is not over. */
  private async close(): Promise<void> {
    const period = this.nextPeriod();
    let untilAt: Date | undefined;
    const closing = house.module.get(PeriodCloses).close(this.books.programId, period, { actorId: 'usr_finance' });
    const refused = await refusal(closing.then((made) => (untilAt = made.untilAt)));
    if (untilAt) this.closed.push({ period, untilAt, journal: await this.journalBefore(untilAt) });
    else expect(refused).toBe('illegal-transition');
  }

  private nextPeriod(): string {
    const last = this.closed.at(-1)?.untilAt;
    const now = house.clock.now();
    const start = last ?? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
    return start.toISOString().slice(0, 7);
  }
}

test('whatever happens, nothing is booked in a month that is closed', async () => {
  let closes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
      const books = await BooksFixture.open(house);
      const course = new Course(books);
      // Something stands in the month, and is closed with it: a course without a close would say nothing.
      const opening: Step[] = [{ kind: 'sale', amountMinor: 10_000 }, { kind: 'days', days: 31 }, { kind: 'close' }];
      for (const each of [...opening, ...steps, { kind: 'late', days: 33 } as const]) {
        await course.take(each);
        for (const { untilAt, journal } of course.closed) expect(await course.journalBefore(untilAt)).toBe(journal);
      }
      expect(await books.violations()).toEqual([]);
      expect(course.closed.length).toBeGreaterThan(0);
      closes += course.closed.length;
    }),
    { numRuns: 10 },
  );
  expect(closes).toBeGreaterThanOrEqual(10);
});

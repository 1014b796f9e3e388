import { checkBooks, type Violation } from '../../libs/books/index.js';
import { JournalChain } from '../../libs/ledger/index.js';
import { BatchClosing } from '../../libs/payouts/index.js';
import { waitForEarlierTransactions } from './earlier-transactions.js';
import { PayoutHouse, type ProgramFixture } from './payout-house.js';
import { seedPartner } from './seed-rows.js';
import { termsWith } from './terms-with.js';

const actor = { actorId: 'usr_test' };
/** Sales of January are vested by then. */
const vestedBy = Date.parse('2026-03-15T00:00:00Z');
const firstCutOff = Date.parse('2026-03-16T00:00:00Z');
const dayMs = 86_400_000;

/** Money from its event to the rail: a program of a house with everything that real services write. */
export class BooksFixture {
  private facts = 0;
  private cutOffs = 0;

  private constructor(
    readonly house: PayoutHouse,
    readonly program: ProgramFixture,
    readonly partnerId: string,
    readonly reference: string,
  ) {}

  static async open(house: PayoutHouse): Promise<BooksFixture> {
    const program = await house.program(0);
    const reference = 'p1';
    const terms = termsWith();
    const partnerId = await seedPartner(house.database, { programId: program.id, reference, terms });
    await house.payouts.openPayoutAccount({ partnerId });
    return new BooksFixture(house, program, partnerId, reference);
  }

  get programId(): string {
    return this.program.id;
  }

  /** Reports events; answers what became of each. */
  ingest(...events: Record<string, unknown>[]) {
    return this.house.commissions.ingest(this.programId, events, actor);
  }

  /** A sale of January that earns a tenth; its id. */
  async sale(amountMinor: number, id = `sale-${++this.facts}`): Promise<string> {
    const when = { occurredAt: '2026-01-10T00:00:00Z', partner: this.reference };
    await this.ingest({ id, type: 'sale', amountMinor, currency: 'USD', ...when });
    return id;
  }

  async refund(refundOf: string, amountMinor: number, id = `refund-${++this.facts}`): Promise<void> {
    await this.ingest({ id, type: 'refund', refundOf, amountMinor, occurredAt: '2026-01-20T00:00:00Z' });
  }

  async vest(): Promise<void> {
    await this.house.commissions.vest({ programId: this.programId, cutOffMs: vestedBy, actorId: 'system' });
  }

  draftNext() {
    return this.program.draft(new Date(firstCutOff + ++this.cutOffs * dayMs).toISOString());
  }

  /** The next cut-off's batch, released; undefined where nothing is to be paid. */
  async release(): Promise<string | undefined> {
    const { batchId } = await this.draftNext();
    if (batchId === undefined) return undefined;
    const { state, contentHash = '' } = await this.house.payouts.submit({ batchId, actorId: 'usr_maker' });
    if (state === 'cancelled') return undefined;
    await this.house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
    return batchId;
  }

  /** Sends a batch to the rail and asks until nothing of it is open. */
  async pay(batchId: string): Promise<void> {
    for (let turn = 0; turn < 6; turn++) {
      await this.house.payouts.paySlice(batchId, 1);
      const { openItems } = await this.house.payouts.refreshOpenItems(batchId);
      if (openItems === 0) break;
    }
    await this.house.payouts.complete(batchId);
  }

  /** One sale of 1,000.00, vested, released and paid. */
  async paidOnce(): Promise<string> {
    await this.sale(100_000);
    await this.vest();
    const batchId = await this.release();
    if (batchId === undefined) throw new Error('there was nothing to pay');
    await this.pay(batchId);
    return batchId;
  }

  /** The rail gives back what it has paid for the batch. */
  async giveBack(batchId: string): Promise<void> {
    const { items } = await this.house.payouts.listItems(batchId);
    for (const { state, railReference } of items) {
      if (state !== 'settled') continue;
      await this.house.sandbox.control.stripe('POST', `/v1/transfers/${railReference}/reversals`, {});
    }
    // Reports of the rail are hints: what is told here is only which transfers to look at.
    for (const { railReference } of items.filter(({ state }) => state === 'settled')) {
      const eventId = `evt_${++this.facts}_${batchId}`;
      await this.house.database.query(
        `insert into rail_inbox (rail, event_id, type, reference, received_at)
         values ('stripe-transfers', $1, 'transfer.reversed', $2, now())`,
        [eventId, railReference],
      );
      await this.house.payouts.applyRailEvent({ rail: 'stripe-transfers', eventId });
    }
  }

  /** Finance holds the batch against the rail's report and closes it. */
  async closeBatch(batchId: string): Promise<void> {
    const closing = this.house.module.get(BatchClosing);
    await closing.reconcile({ batchId, ...actor });
    await closing.close({ batchId, ...actor });
  }

  async chain(): Promise<number> {
    await waitForEarlierTransactions(this.house.database);
    return this.house.module.get(JournalChain).extend(this.programId);
  }

  async violations(): Promise<Violation[]> {
    return (await checkBooks(this.house.database, { programId: this.programId })).violations;
  }
}

import { BatchClosing, BatchReports, FinanceOverviews } from '../../libs/payouts/index.js';
import { readPdf } from '../support/pdf-text.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';

let house: PayoutHouse;
let program: ProgramFixture;
let closing: BatchClosing;
let partners: string[];

beforeAll(async () => {
  house = await PayoutHouse.open();
  closing = house.module.get(BatchClosing);
});

/** Two partners with USD 20 and 30 to come. */
beforeEach(async () => {
  program = await house.program();
  partners = await Promise.all([program.partner(), program.partner()]);
  for (const [index, partner] of partners.entries()) {
    await program.vested(partner, 1_000n * BigInt(index + 2), '2026-03-01T00:00:00Z');
  }
});

afterEach(() => house.sandbox.control.clearFaults());
afterAll(() => house.close());

async function paid(cutOff = march): Promise<string> {
  const batchId = await program.released(cutOff);
  await house.payouts.paySlice(batchId, 1);
  await house.payouts.refreshOpenItems(batchId);
  await house.payouts.complete(batchId);
  house.clock.advance(1_000);
  return batchId;
}

const finance = { actorId: 'usr_finance' };
const checker = { actorId: 'usr_checker' };

describe('the end of a batch', () => {
  it('is reconciled and closed where items, ledger and rail agree', async () => {
    const batchId = await paid();
    expect(await refusal(closing.close({ ...finance, batchId }))).toBe('illegal-transition');
    expect(await closing.reconcile({ ...finance, batchId })).toMatchObject({ state: 'reconciled' });
    expect(await closing.reconciliations(batchId)).toMatchObject([
      { agrees: true, itemsMinor: 5_000n, ledgerMinor: 5_000n, railMinor: 5_000n, differences: [], notes: [] },
    ]);
    expect(await closing.close({ ...finance, batchId })).toMatchObject({ state: 'closed' });
    expect(await refusal(closing.reconcile({ ...finance, batchId }))).toBe('illegal-transition');
  });

  it('is not reconciled before it has ended', async () => {
    const batchId = await program.released(march);
    expect(await refusal(closing.reconcile({ ...finance, batchId }))).toBe('illegal-transition');
  });

  it('is not closed over a difference, unless a note explains it that another person approved', async () => {
    const batchId = await paid();
    const rail = house.sandbox.rail();
    const { accountReference } = await rail.openAccount({
      partnerId: 'prt_x',
      idempotencyKey: batchId,
      currency: 'USD',
    });
    const stray = { itemId: 'itm_stray', attempt: 1, batchId, accountReference, amountMinor: 700n, currency: 'USD' };
    await rail.send({ ...stray, idempotencyKey: `stray-${batchId}` });
    await closing.reconcile({ ...finance, batchId });
    const [kept] = await closing.reconciliations(batchId);
    expect(kept).toMatchObject({ agrees: false, railMinor: 5_700n, differences: [{ cause: 'unknown_transfer' }] });
    expect(await refusal(closing.close({ ...finance, batchId }))).toBe('illegal-transition');

    const noteId = await closing.explain({ ...finance, batchId, note: 'Sent by hand for invoice 7.' });
    expect(await refusal(closing.close({ ...finance, batchId }))).toBe('illegal-transition');
    expect(await refusal(closing.approveNote({ ...finance, batchId, noteId }))).toBe('maker-is-checker');
    await closing.approveNote({ ...checker, batchId, noteId });
    expect(await refusal(closing.approveNote({ ...checker, batchId, noteId }))).toBe('illegal-transition');

    // What was found since is another matter: the note explains what was known when it was written.
    await closing.reconcile({ ...finance, batchId });
    expect(await refusal(closing.close({ ...finance, batchId }))).toBe('illegal-transition');
    const again = await closing.explain({ ...finance, batchId, note: 'The same as before.' });
    await closing.approveNote({ ...checker, batchId, noteId: again });
    expect(await closing.close({ ...finance, batchId })).toMatchObject({ state: 'closed' });
  });

  it('is not closed where something moved since it was reconciled', async () => {
    const batchId = await paid();
    await closing.reconcile({ ...finance, batchId });
    const [item] = (await house.payouts.listItems(batchId)).items;
    house.clock.advance(60_000);
    await house.sandbox.control.stripe('POST', `/v1/transfers/${item!.railReference}/reversals`, {});
    await house.payouts.refreshOpenItems(batchId);
    await applyReturn(item!.railReference!);
    expect(await house.payouts.item(item!.id)).toMatchObject({ state: 'returned' });
    expect(await refusal(closing.close({ ...finance, batchId }))).toBe('illegal-transition');
    house.clock.advance(1_000);
    await closing.reconcile({ ...finance, batchId });
    expect(await closing.close({ ...finance, batchId })).toMatchObject({ state: 'closed' });
  });

  it('explains nothing where nothing differs', async () => {
    const batchId = await paid();
    await closing.reconcile({ ...finance, batchId });
    expect(await refusal(closing.explain({ ...finance, batchId, note: 'x' }))).toBe('illegal-transition');
  });
});

describe("finance's page", () => {
  it('tells exceptions first, then what waits for whom, and the amounts by state and currency', async () => {
    const overviews = house.module.get(FinanceOverviews);
    await house.database.query(`update payout_accounts set account_reference = 'acct_gone' where partner_id = $1`, [
      partners[0],
    ]);
    const first = await paid();
    await program.vested(partners[1]!, 4_000n, '2026-04-20T00:00:00Z');
    const { batchId: second = '' } = await program.draft(april);
    await program.suspended(partners[1]!);
    await house.payouts.edit({ batchId: second, remove: [], putBack: [], reason: 'again', ...finance });

    const { exceptions, waiting, batches } = await overviews.overview(program.id);
    expect(exceptions).toEqual([
      { state: 'failed', currency: 'USD', items: 1, totalMinor: 2_000n },
      { state: 'held', currency: 'USD', items: 1, totalMinor: 4_000n },
    ]);
    expect(waiting.map(({ batchId, task, role }) => ({ batchId, task, role }))).toEqual(
      expect.arrayContaining([
        { batchId: first, task: 'reconcile', role: 'finance' },
        { batchId: second, task: 'submit', role: 'finance' },
      ]),
    );
    expect(batches).toEqual([
      { state: 'draft', currency: 'USD', batches: 1, totalMinor: 0n },
      { state: 'partial', currency: 'USD', batches: 1, totalMinor: 5_000n },
    ]);

    const page = await overviews.exceptions(program.id, { limit: 1 });
    expect(page.items).toMatchObject([{ state: 'failed', causes: ['resource_missing'], partnerId: partners[0] }]);
    const next = await overviews.exceptions(program.id, { limit: 1, cursor: page.next ?? undefined });
    expect(next.items).toMatchObject([{ state: 'held', causes: ['suspended'], partnerId: partners[1] }]);
    expect(next.next).toBeNull();

    // What a person has dealt with is no exception any more.
    const release = { itemId: page.items[0]!.itemId, reason: 'next month', actor: finance };
    await house.payouts.releaseHeld(release);
    expect((await overviews.overview(program.id)).exceptions).toMatchObject([{ state: 'held' }]);
  });

  it('tells of a paused batch, and of one that waits for its second approval', async () => {
    const overviews = house.module.get(FinanceOverviews);
    const approvals = { role: 'finance_approver' as const, required: 2, rules: [] };
    const strict = await house.program(1_000, { approvals });
    const partner = await strict.partner();
    await strict.vested(partner, 2_000n, '2026-03-01T00:00:00Z');
    const batch = await strict.frozen(march);
    await house.payouts.approve({ ...batch, ...checker });
    expect((await overviews.overview(strict.id)).waiting).toMatchObject([
      { state: 'in_approval', task: 'approve', role: 'finance_approver', totalMinor: 2_000n },
    ]);
    await house.payouts.approve({ ...batch, actorId: 'usr_second' });
    expect((await overviews.overview(strict.id)).waiting).toEqual([]);
    await house.payouts.pause({ batchId: batch.batchId, reason: 'odd', ...finance });
    expect((await overviews.overview(strict.id)).waiting).toMatchObject([{ state: 'released', task: 'resume' }]);
  });
});

describe('the batch as a file', () => {
  it('is a PDF with its approvals, its sums by state and its payments, the same bytes each time', async () => {
    const batchId = await paid();
    const reports = house.module.get(BatchReports);
    const bytes = await reports.pdf(batchId);
    const { text, tagged } = await readPdf(bytes);
    expect(tagged).toBe(true);
    expect(text).toContain('Total USD 50.00');
    expect(text).toContain('Submitted by usr_maker');
    expect(text).toContain('Approved by usr_checker');
    expect(text).toContain('settled 2 USD 50.00');
    for (const { id } of await reports.allItems(batchId)) expect(text).toContain(id);
    // No amount is broken over two lines.
    expect(text).toMatch(/settled USD 20\.00/);
    expect(Buffer.from(bytes).equals(await reports.pdf(batchId))).toBe(true);
  });
});

/** What a webhook of the rail brings about: the transfer is fetched and applied. */
async function applyReturn(reference: string): Promise<void> {
  const { receiver } = house.sandbox;
  const isReturn = ({ rawBody }: { rawBody: Uint8Array | string }) => {
    const body = rawBody.toString();
    return body.includes('transfer.reversed') && body.includes(reference);
  };
  await receiver.until((received) => received.some(isReturn));
  const { rawBody, signature } = receiver.received.find(isReturn)!;
  await house.payouts.receiveWebhook(rawBody, signature);
  const [event] = await house.database.query<{ event_id: string; rail: string }>(
    `select event_id, rail from rail_inbox where reference = $1 and applied_at is null order by received_at desc limit 1`,
    [reference],
  );
  if (event) await house.payouts.applyRailEvent({ rail: event.rail, eventId: event.event_id });
}

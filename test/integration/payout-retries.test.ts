import { ItemOutcomes } from '../../libs/payouts/item-outcomes.js';
import { ItemSender } from '../../libs/payouts/item-sender.js';
import { lockBatchRow } from '../../libs/payouts/rows.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';
const hourMs = 3_600_000;
const path = '/v1/transfers';

let house: PayoutHouse;
let program: ProgramFixture;
let partners: string[];
let batchId: string;
let sentBefore: number;

beforeAll(async () => {
  house = await PayoutHouse.open();
});

/** Two partners with USD 20 and 30, released; the first one's account is unknown at the rail where a test says so. */
async function released({ isFirstGone }: { isFirstGone: boolean }): Promise<void> {
  program = await house.program();
  partners = await Promise.all([program.partner(), program.partner()]);
  for (const [index, partner] of partners.entries()) {
    await program.vested(partner, 1_000n * BigInt(index + 2), '2026-03-01T00:00:00Z');
  }
  if (isFirstGone) await account(`acct_gone_${partners[0]}`);
  batchId = await program.released(march);
  sentBefore = (await house.sandbox.control.totals()).transfers;
}

async function account(reference: string): Promise<string> {
  const [row] = await house.database.query<{ account_reference: string }>(
    `select account_reference from payout_accounts where partner_id = $1`,
    [partners[0]],
  );
  await house.database.query(`update payout_accounts set account_reference = $2 where partner_id = $1`, [
    partners[0],
    reference,
  ]);
  return row?.account_reference ?? '';
}

const sent = async () => (await house.sandbox.control.totals()).transfers - sentBefore;

async function firstItem() {
  const { items } = await house.payouts.listItems(batchId);
  return items.find(({ partnerId }) => partnerId === partners[0])!;
}

async function retry(requestId?: string): Promise<void> {
  const actor = { actorId: 'usr_farid', ...(requestId === undefined ? {} : { requestId }) };
  await house.payouts.retryItem({ itemId: (await firstItem()).id, reason: 'the account is right now', actor });
}

afterEach(() => house.sandbox.control.clearFaults());
afterAll(() => house.close());

describe('a failed item', () => {
  let ownAccount: string;

  beforeEach(async () => {
    await released({ isFirstGone: true });
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    await house.payouts.complete(batchId);
    // The partner's account is opened again.
    await house.database.query(`delete from payout_accounts where partner_id = $1`, [partners[0]]);
    await house.payouts.openPayoutAccount({ partnerId: partners[0]! });
    ownAccount = (await firstItem()).id;
  });

  it('is tried again as the next attempt, in its own batch, which goes on and completes', async () => {
    expect(await house.payouts.status(batchId)).toMatchObject({ state: 'partial', openItems: 0 });
    expect(ownAccount).toMatch(/^itm_/);
    await retry();
    expect(await house.payouts.status(batchId)).toMatchObject({ state: 'processing', openItems: 1 });
    expect(await program.balance('held', partners[0])).toBe(0n);
    expect(await program.balance('reserved', batchId)).toBe(2_000n);
    expect(await house.outbox('workflow_start', `payout-batch/${batchId}/2`)).toHaveLength(1);

    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    expect(await firstItem()).toMatchObject({ state: 'settled', attempt: 2 });
    expect(await house.payouts.complete(batchId)).toMatchObject({ state: 'completed' });
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 5_000n });
    const attempts = await house.database.query(
      `select attempt, outcome, idempotency_key from payout_attempts where item_id = $1 order by attempt`,
      [(await firstItem()).id],
    );
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'refused' },
      { attempt: 2, outcome: 'accepted' },
    ]);
    expect(await program.balance('payout_clearing')).toBe(0n);
    expect(await program.isSound()).toBe(true);
  });

  it('fails again as often as it is refused, and the books follow', async () => {
    for (let attempt = 2; attempt <= 3; attempt++) {
      await account(`acct_gone_again_${attempt}`);
      await retry();
      await house.payouts.paySlice(batchId, 1);
      expect(await firstItem()).toMatchObject({ state: 'failed', attempt });
      expect(await program.balance('held', partners[0])).toBe(2_000n);
      expect(await house.payouts.complete(batchId)).toMatchObject({ state: 'partial' });
    }
    expect(await program.balance('payout_clearing')).toBe(0n);
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true });
    expect(await program.isSound()).toBe(true);
  });

  it('is tried once by two who ask at once, and once for one request', async () => {
    const codes = await Promise.all([refusal(retry()), refusal(retry())]);
    expect(codes.sort()).toEqual(['illegal-transition', 'was not refused']);
    expect(await program.balance('reserved', batchId)).toBe(2_000n);
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    expect(await sent()).toBe(2);
    expect(await refusal(retry())).toBe('illegal-transition');
  });

  it('is moved by the answer of its own attempt alone, and once: an earlier answer that comes late tells of another', async () => {
    await retry();
    const [shipment] = await house.module.get(ItemSender).claim(batchId, 1);
    expect(shipment).toMatchObject({ id: (await firstItem()).id, attempt: 2 });
    const itemId = shipment?.id ?? '';
    const clearing = await program.balance('payout_clearing');
    const outcomes = house.module.get(ItemOutcomes);
    const late = { itemId, attempt: 1 } as const;
    const settledAt = house.clock.now();
    await outcomes.recordSends([
      { ...late, action: 'settle', reference: 'tr_late', settledAt },
      { ...late, action: 'refuse', code: 'account_closed' },
      { ...late, action: 'lose_track' },
    ]);
    expect(await firstItem()).toMatchObject({ state: 'sending' });
    const own = { itemId, attempt: 2, action: 'settle', reference: 'tr_own', settledAt } as const;
    await outcomes.recordSends([own]);
    await outcomes.recordSends([own, { itemId, attempt: 2, action: 'lose_track' }]);
    expect(await firstItem()).toMatchObject({ state: 'settled', railReference: 'tr_own' });
    expect(await program.balance('payout_clearing')).toBe(clearing + 2_000n);
    const attempts = await house.database.query(
      `select attempt, outcome from payout_attempts where item_id = $1 order by attempt`,
      [itemId],
    );
    expect(attempts).toEqual([
      { attempt: 1, outcome: 'refused' },
      { attempt: 2, outcome: 'accepted' },
    ]);
    expect(await program.isSound()).toBe(true);
  });

  it('is tried again or released to the next collection, never both', async () => {
    const { id: itemId } = await firstItem();
    const release = { itemId, reason: 'next month', actor: { actorId: 'usr_finance' } };
    const codes = await Promise.all([refusal(retry('req_retry')), refusal(house.payouts.releaseHeld(release))]);
    expect(codes.sort()).toEqual(['illegal-transition', 'was not refused']);
    expect(await program.balance('held', partners[0])).toBe(0n);
    const reserved = await program.balance('reserved', batchId);
    expect(reserved + (await program.balance('payable', partners[0]))).toBe(2_000n);
    expect(await program.isSound()).toBe(true);
  });

  it('is not tried again while something would hold it, which is named', async () => {
    await program.suspended(partners[0]!);
    await expect(retry()).rejects.toMatchObject({
      code: 'illegal-transition',
      message: 'payout item: it would be held, by suspended',
      members: { causes: ['suspended'] },
    });
    expect(await firstItem()).toMatchObject({ state: 'failed', attempt: 1 });
    expect(await program.balance('reserved', batchId)).toBe(0n);
    await program.resumed(partners[0]!);
    await retry();
    await house.payouts.paySlice(batchId, 1);
    expect(await firstItem()).toMatchObject({ state: 'settled', attempt: 2 });
  });

  it('is not tried again where the rail has a payment for it after all', async () => {
    const item = await firstItem();
    const { account_reference: accountReference } = (
      await house.database.query<{ account_reference: string }>(
        `select account_reference from payout_accounts where partner_id = $1`,
        [partners[0]],
      )
    )[0]!;
    const transfer = { itemId: item.id, attempt: 1, batchId, accountReference, amountMinor: 2_000n, currency: 'USD' };
    await house.sandbox.rail().send({ ...transfer, idempotencyKey: `stray-${item.id}` });
    expect(await refusal(retry())).toBe('illegal-transition');
    expect(await firstItem()).toMatchObject({ state: 'failed', attempt: 1 });
  });
});

describe('an attempt that the rail executed after all', () => {
  it('is found before the next one is sent, however late, and a person decides', async () => {
    await released({ isFirstGone: true });
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.complete(batchId);
    await house.database.query(`delete from payout_accounts where partner_id = $1`, [partners[0]]);
    await house.payouts.openPayoutAccount({ partnerId: partners[0]! });
    await retry();
    // The network delivers the first request only now, after the retry has asked.
    const { id: itemId } = await firstItem();
    const [row] = await house.database.query<{ account_reference: string }>(
      `select account_reference from payout_accounts where partner_id = $1`,
      [partners[0]],
    );
    const late = { itemId, attempt: 1, batchId, accountReference: row!.account_reference, amountMinor: 2_000n };
    await house.sandbox.rail().send({ ...late, currency: 'USD', idempotencyKey: `late-${itemId}` });
    const before = await sent();
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 0, unknown: 0, failed: 1 });
    expect(await sent()).toBe(before);
    expect(await firstItem()).toMatchObject({ state: 'failed', attempt: 2, failureCode: 'contradicted_by_rail' });
    expect(await refusal(retry())).toBe('illegal-transition');
    expect(await program.balance('held', partners[0])).toBe(2_000n);
    expect(await program.balance('payout_clearing')).toBe(0n);
    expect(await program.isSound()).toBe(true);
  });
});

describe('an item of unknown outcome', () => {
  it('is never tried again before a person has declared it unpaid', async () => {
    await released({ isFirstGone: false });
    await house.sandbox.control.strike({ kind: 'timeout_before', times: 2, match: { path } });
    await house.payouts.paySlice(batchId, 1);
    expect(await firstItem()).toMatchObject({ state: 'unknown' });
    expect(await refusal(retry())).toBe('illegal-transition');
    house.clock.advance(21 * hourMs);
    const word = { itemId: (await firstItem()).id, reason: 'not in the report', actor: { actorId: 'usr_farid' } };
    await house.payouts.declareUnpaid(word);
    await retry();
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    expect(await firstItem()).toMatchObject({ state: 'settled', attempt: 2 });
    expect(await sent()).toBe(1);
  });
});

describe('a pause', () => {
  const stop = { actorId: 'usr_finance', reason: 'something is odd' };

  beforeEach(() => released({ isFirstGone: false }));

  it('lets nothing more be taken, until it is over', async () => {
    expect(await house.payouts.pause({ ...stop, batchId })).toMatchObject({ state: 'released', isPaused: true });
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 0, unknown: 0, failed: 0 });
    expect(await sent()).toBe(0);
    expect(await refusal(house.payouts.pause({ ...stop, batchId }))).toBe('illegal-transition');
    expect(await house.payouts.complete(batchId)).toMatchObject({ state: 'processing', openItems: 2 });

    await house.payouts.resume({ ...stop, batchId });
    expect(await house.outbox('workflow_signal', `payout-batch/${batchId}`)).toMatchObject([
      { payload: { signal: 'itemsReady' } },
    ]);
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 2, unknown: 0, failed: 0 });
    expect(await refusal(house.payouts.resume({ ...stop, batchId }))).toBe('illegal-transition');
  });

  it('waits for what is being taken, so that it knows of nothing taken later', async () => {
    const sender = house.module.get(ItemSender);
    const claims = () => sender.claim(batchId, 1);
    expect(await house.waits(async (tx) => void (await lockBatchRow(tx, batchId)), claims)).toBe(true);
  });

  it('lets what was taken before go on, and sends nothing again that the rail does not have', async () => {
    const claimed = await house.module.get(ItemSender).claim(batchId, 1);
    expect(claimed).toHaveLength(2);
    await house.payouts.pause({ ...stop, batchId });
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 0, unknown: 2, failed: 0 });
    expect(await sent()).toBe(0);
    await house.payouts.resume({ ...stop, batchId });
    await house.payouts.refreshOpenItems(batchId);
    await house.payouts.refreshOpenItems(batchId);
    expect(await sent()).toBe(2);
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 5_000n });
  });

  it('is only for money that is leaving', async () => {
    await program.vested(partners[0]!, 2_000n, '2026-04-20T00:00:00Z');
    const frozen = await program.frozen(april);
    expect(await refusal(house.payouts.pause({ ...stop, batchId: frozen.batchId }))).toBe('illegal-transition');
  });
});

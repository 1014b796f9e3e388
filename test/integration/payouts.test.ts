import { ItemSender } from '../../libs/payouts/item-sender.js';
import { uninterrupted } from '../../libs/payouts/progress.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';
const may = '2026-06-01T00:00:00Z';
const hourMs = 3_600_000;

let house: PayoutHouse;
let program: ProgramFixture;

beforeAll(async () => {
  house = await PayoutHouse.open();
});

beforeEach(async () => {
  program = await house.program();
  await house.sandbox.control.clearFaults();
});

afterAll(() => house.close());

describe('paying', () => {
  let partners: string[];
  let batchId: string;
  let sentBefore: number;

  /** Three partners, USD 20, 30 and 40, released. */
  beforeEach(async () => {
    partners = await Promise.all([program.partner(), program.partner(), program.partner()]);
    for (const [index, partner] of partners.entries()) {
      await program.vested(partner, 1_000n * BigInt(index + 2), '2026-03-01T00:00:00Z');
    }
    batchId = await program.released(march);
    sentBefore = (await house.sandbox.control.totals()).transfers;
  });

  const sent = async () => (await house.sandbox.control.totals()).transfers - sentBefore;

  async function expectPaidOnce(): Promise<void> {
    expect(await house.payouts.reconcile(batchId)).toMatchObject({
      itemsMinor: 9_000n,
      ledgerMinor: 9_000n,
      railMinor: 9_000n,
      reservedMinor: 0n,
      differences: [],
      agrees: true,
    });
    expect(await sent()).toBe(3);
    expect(await program.balance('payout_clearing')).toBe(0n);
    expect(await program.isSound()).toBe(true);
  }

  it('sends each item, settles by the answer, tells each partner and completes', async () => {
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 3, unknown: 0, failed: 0 });
    expect(await program.balance('payout_clearing')).toBe(0n);
    expect(await house.payouts.status(batchId)).toMatchObject({ openItems: 0 });
    await expectPaidOnce();

    expect(await house.payouts.issueRemittanceAdvices(batchId, 1)).toBe(3);
    expect(await house.payouts.issueRemittanceAdvices(batchId, 1)).toBe(0);
    expect(await house.payouts.complete(batchId)).toMatchObject({ state: 'completed' });
    expect(await house.payouts.complete(batchId)).toMatchObject({ state: 'completed' });
    const { items } = await house.payouts.listItems(batchId);
    for (const { id, remittanceSha256 } of items) {
      expect(remittanceSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(await house.outbox('mail', id)).toMatchObject([{ payload: { template: 'remittance-advice' } }]);
    }
    const steps = (await house.audit(items[0]!.id)).map(({ action }) => action);
    expect(steps).toEqual(['reserve', 'send', 'settle', 'advise'].map((step) => `payout_item.${step}`));
  });

  it('is not paid before it is released', async () => {
    const { batchId: draft = '' } = await program.draft(april);
    expect(draft).toBe('');
    const partner = partners[0]!;
    await program.vested(partner, 5_000n, '2026-04-20T00:00:00Z');
    const { batchId: next = '' } = await program.draft(april);
    expect(await refusal(house.payouts.paySlice(next, 1))).toBe('illegal-transition');
    expect(await refusal(house.payouts.complete(next))).toBe('illegal-transition');
  });

  it('goes on after a crash between the key and the call', async () => {
    const claimed = await house.module.get(ItemSender).claim(batchId, 1);
    expect(claimed).toHaveLength(3);
    expect(await sent()).toBe(0);
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 3, unknown: 0, failed: 0 });
    await house.payouts.refreshOpenItems(batchId);
    await expectPaidOnce();
  });

  it('goes on after a crash between the call and its outcome', async () => {
    const [claimed] = await house.module.get(ItemSender).claim(batchId, 1);
    const { id: itemId, attempt, account_reference: accountReference, amount_minor, currency } = claimed!;
    const amountMinor = BigInt(amount_minor);
    const idempotencyKey = claimed!.idempotency_key;
    await house.sandbox
      .rail()
      .send({ itemId, attempt, accountReference, amountMinor, currency, batchId, idempotencyKey });
    expect(await sent()).toBe(1);
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    await expectPaidOnce();
  });

  it.each(['timeout_after', 'reset_after', 'error_500_after', 'timeout_before', 'error_500_before'] as const)(
    'does not know after %s, probes before it sends again, and pays once',
    async (kind) => {
      const path = '/v1/transfers';
      // The SDK itself sends once more on a reset connection, so a reset strikes twice.
      await house.sandbox.control.strike({ kind, times: kind === 'reset_after' ? 2 : 1, match: { path } });
      const result = await house.payouts.paySlice(batchId, 1);
      expect(result.sent + result.unknown).toBe(3);
      expect(Object.values(await house.itemsOf(batchId)).map(({ state }) => state)).not.toContain('failed');
      await house.payouts.refreshOpenItems(batchId);
      await house.payouts.refreshOpenItems(batchId);
      await expectPaidOnce();
    },
  );

  it('never sends again once the key may be forgotten, and still finds what the rail has', async () => {
    await house.sandbox.control.strike({ kind: 'timeout_before', times: 3, match: { path: '/v1/transfers' } });
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 0, unknown: 3, failed: 0 });
    house.clock.advance(21 * hourMs);
    expect(await house.payouts.refreshOpenItems(batchId)).toMatchObject({ openItems: 3 });
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 0, unknown: 3, failed: 0 });
    expect(await sent()).toBe(0);
    expect(await program.balance('payout_clearing')).toBe(-9_000n);
  });

  it('finds after the window what a lost answer had paid', async () => {
    await house.sandbox.control.strike({ kind: 'timeout_after', times: 3, match: { path: '/v1/transfers' } });
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 0, unknown: 3, failed: 0 });
    house.clock.advance(21 * hourMs);
    expect(await house.payouts.refreshOpenItems(batchId)).toMatchObject({ openItems: 0 });
    await expectPaidOnce();
  });

  it('lets a person declare unpaid what the rail never had, but only after the window, and holds the money', async () => {
    await house.sandbox.control.strike({ kind: 'timeout_before', times: 3, match: { path: '/v1/transfers' } });
    await house.payouts.paySlice(batchId, 1);
    const [item] = (await house.payouts.listItems(batchId)).items;
    const word = { itemId: item!.id, reason: 'not in the provider report', actor: { actorId: 'usr_farid' } };
    expect(await refusal(house.payouts.declareUnpaid(word))).toBe('illegal-transition');
    house.clock.advance(21 * hourMs);
    await house.payouts.declareUnpaid(word);
    expect(await refusal(house.payouts.declareUnpaid(word))).toBe('illegal-transition');
    expect(await house.payouts.item(item!.id)).toMatchObject({ state: 'failed', failureCode: 'declared_unpaid' });
    expect(await program.balance('held', item!.partnerId)).toBe(item!.amountMinor);
    expect(await house.payouts.status(batchId)).toMatchObject({ openItems: 2 });
    expect(await program.isSound()).toBe(true);
  });

  it('takes the word of the rail over that of a person', async () => {
    await house.sandbox.control.strike({ kind: 'timeout_after', times: 3, match: { path: '/v1/transfers' } });
    await house.payouts.paySlice(batchId, 1);
    house.clock.advance(21 * hourMs);
    for (const { id: itemId } of (await house.payouts.listItems(batchId)).items) {
      const word = { itemId, reason: 'I did not see it', actor: { actorId: 'usr_farid' } };
      expect(await refusal(house.payouts.declareUnpaid(word))).toBe('illegal-transition');
    }
    await expectPaidOnce();
  });

  it('pays once when two workers have the same slice', async () => {
    await Promise.all([house.payouts.paySlice(batchId, 1), house.payouts.paySlice(batchId, 1)]);
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    await expectPaidOnce();
  });

  it('pays once when the probe comes while the first request is still under way', async () => {
    const latency = { kind: 'latency', times: 3, delayMs: 300, match: { path: '/v1/transfers' } } as const;
    await house.sandbox.control.strike(latency);
    const first = house.payouts.paySlice(batchId, 1);
    const isSending = async () => Object.values(await house.itemsOf(batchId)).every(({ state }) => state === 'sending');
    while (!(await isSending())) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([first, house.payouts.paySlice(batchId, 1)]);
    await house.payouts.refreshOpenItems(batchId);
    await expectPaidOnce();
  });

  it('waits where the rail throttles', async () => {
    await house.sandbox.control.strike({
      kind: 'throttle',
      times: 4,
      delayMs: 1_000,
      match: { path: '/v1/transfers' },
    });
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 3, unknown: 0, failed: 0 });
  });

  it('stops where it is told to, and another run goes on', async () => {
    const stop = new AbortController();
    stop.abort(new Error('shutting down'));
    await expect(house.payouts.paySlice(batchId, 1, { signal: stop.signal })).rejects.toThrow('shutting down');
    expect(await sent()).toBe(0);
    await house.payouts.paySlice(batchId, 1, uninterrupted);
    await house.payouts.refreshOpenItems(batchId);
    await expectPaidOnce();
  });

  it('holds what the rail refused until a person releases it', async () => {
    const [refused = ''] = partners;
    const batch = await releasedWithUnknownAccount(refused);
    expect(await house.payouts.paySlice(batch, 1)).toEqual({ sent: 0, unknown: 0, failed: 1 });
    const { items } = await house.payouts.listItems(batch);
    const [item] = items;
    expect(item).toMatchObject({ state: 'failed', failureCode: 'resource_missing' });
    expect(await program.balance('held', refused)).toBe(5_000n);
    expect(await house.payouts.complete(batch)).toMatchObject({ state: 'partial' });
    expect(await program.draft(may)).toMatchObject({ items: 0 });

    const release = { itemId: item!.id, reason: 'the account is right now', actor: { actorId: 'usr_finance' } };
    await house.payouts.releaseHeld(release);
    expect(await refusal(house.payouts.releaseHeld(release))).toBe('illegal-transition');
    expect(await program.balance('held', refused)).toBe(0n);
    expect(await program.balance('payable', refused)).toBe(5_000n);
    // The release is dated when it was made: a cut-off after that takes it.
    const cutOff = new Date(house.clock.now().getTime() + hourMs).toISOString();
    expect(await program.draft(cutOff)).toMatchObject({ items: 1, totalMinor: '5000' });
    expect(await program.isSound()).toBe(true);
  });

  /** A second batch, to a partner whose account the rail does not know any more. */
  async function releasedWithUnknownAccount(partner: string): Promise<string> {
    await house.database.query(`update payout_accounts set account_reference = $2 where partner_id = $1`, [
      partner,
      `acct_gone_${partner}`,
    ]);
    await program.vested(partner, 5_000n, '2026-04-20T00:00:00Z');
    return program.released(april);
  }

  it('releases nothing of an item that is paid', async () => {
    await house.payouts.paySlice(batchId, 1);
    const [item] = (await house.payouts.listItems(batchId)).items;
    const release = { itemId: item!.id, reason: 'x', actor: { actorId: 'usr_finance' } };
    expect(await refusal(house.payouts.releaseHeld(release))).toBe('illegal-transition');
  });
});

describe('under a storm of faults', () => {
  it('pays each partner once, and items, ledger and rail agree', async () => {
    const partners = await Promise.all(Array.from({ length: 40 }, () => program.partner()));
    for (const [index, partner] of partners.entries())
      await program.vested(partner, 2_000n + BigInt(index), '2026-03-01T00:00:00Z');
    const batchId = await program.released(march);
    const before = (await house.sandbox.control.totals()).transfers;
    const path = '/v1/transfers';
    await house.sandbox.control.strike(
      { kind: 'timeout_after', probability: 0.2, times: 12, seed: 3, match: { path } },
      { kind: 'error_500_before', probability: 0.2, times: 12, seed: 5, match: { path } },
      { kind: 'error_500_after', probability: 0.2, times: 12, seed: 7, match: { path } },
      { kind: 'throttle', probability: 0.1, times: 6, seed: 11, delayMs: 1_000, match: { path } },
    );
    const runs = await Promise.allSettled([house.payouts.paySlice(batchId, 1), house.payouts.paySlice(batchId, 1)]);
    expect(runs.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    for (let round = 0; round < 40; round++) {
      if ((await house.payouts.refreshOpenItems(batchId)).openItems === 0) break;
    }
    const total = partners.reduce((sum, _, index) => sum + 2_000n + BigInt(index), 0n);
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: total, reservedMinor: 0n });
    expect((await house.sandbox.control.totals()).transfers - before).toBe(40);
    expect(await program.balance('payout_clearing')).toBe(0n);
    expect(await program.isSound()).toBe(true);
  });
});

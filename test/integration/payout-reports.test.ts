import { ItemSender } from '../../libs/payouts/item-sender.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';

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

describe('what the rail reports', () => {
  let partner: string;
  let batchId: string;

  beforeEach(async () => {
    partner = await program.partner();
    await program.vested(partner, 4_000n, '2026-03-01T00:00:00Z');
    batchId = await program.released(march);
  });

  /** The sandbox's webhooks that are about this batch's transfer, once there are so many. */
  async function webhooks(count: number) {
    const isOurs = ({ rawBody }: { rawBody: string }) => rawBody.includes(batchId);
    await house.sandbox.receiver.until((received) => received.filter(isOurs).length >= count);
    return house.sandbox.receiver.received.filter(isOurs);
  }

  async function deliver({ rawBody, signature }: { rawBody: string; signature: string }): Promise<void> {
    await house.payouts.receiveWebhook(rawBody, signature);
  }

  async function applyAll(): Promise<number> {
    const messages = await house.database.query<{ payload: { rail: string; eventId: string } }>(
      `select payload from outbox_messages where kind = 'rail_event' order by sequence`,
    );
    for (const { payload } of messages) await house.payouts.applyRailEvent(payload);
    return messages.length;
  }

  it('settles by a webhook what no answer told of, ten times the same, and wakes the workflow', async () => {
    await house.sandbox.control.strike({ kind: 'timeout_after', match: { path: '/v1/transfers' } });
    expect(await house.payouts.paySlice(batchId, 1)).toMatchObject({ unknown: 1 });
    const [webhook] = await webhooks(1);
    const before = await applyAll();
    for (let round = 0; round < 10; round++) await deliver(webhook!);
    expect((await applyAll()) - before).toBe(1);
    await applyAll();
    expect(await house.itemsOf(batchId)).toEqual({ [partner]: { state: 'settled', amountMinor: 4_000n } });
    expect(await house.outflow(batchId)).toEqual({ settledItems: 4_000n, ledger: 4_000n, rail: 4_000n });
    const signals = await house.outbox('workflow_signal', `payout-batch/${batchId}`);
    expect(signals).toMatchObject([{ payload: { signal: 'itemsSettled' } }]);
    expect(await program.isSound()).toBe(true);
  });

  it('asks the rail nothing about a payment whose answer has told all, and waits with it until that is written down', async () => {
    await house.payouts.paySlice(batchId, 1);
    const [webhook] = await webhooks(1);
    await deliver(webhook!);
    const [message] = await house.database.query<{ payload: { rail: string; eventId: string }; waits: boolean }>(
      `select payload, available_at > created_at as waits from outbox_messages where kind = 'rail_event' order by sequence desc limit 1`,
    );
    expect(message!.waits).toBe(true);
    // Whoever asked the rail now would be told that it is not there.
    await house.sandbox.control.strike({ kind: 'error_500_before', match: { path: '/v1/transfers', method: 'GET' } });
    await house.payouts.applyRailEvent(message!.payload);
    expect((await house.sandbox.control.request('GET', '/sandbox/faults')) as object).toMatchObject({
      faults: [{ fired: 0 }],
    });
    const [kept] = await house.database.query<{ applied_at: Date | null }>(
      `select applied_at from rail_inbox where event_id = $1`,
      [message!.payload.eventId],
    );
    expect(kept!.applied_at).not.toBeNull();
  });

  it('ends the same when reports come in the wrong order', async () => {
    await house.payouts.paySlice(batchId, 1);
    await webhooks(1);
    const [item] = (await house.payouts.listItems(batchId)).items;
    await house.sandbox.control.stripe('POST', `/v1/transfers/${item!.railReference}/reversals`, {});
    const received = await webhooks(2);
    const [settled, reversed] = received;
    for (const webhook of [reversed, settled]) {
      await deliver(webhook!);
      await applyAll();
      expect(await house.itemsOf(batchId)).toMatchObject({ [partner]: { state: 'returned' } });
    }
    expect(await house.itemsOf(batchId)).toMatchObject({ [partner]: { state: 'returned' } });
    expect(await program.balance('held', partner)).toBe(4_000n);
    expect(await house.outflow(batchId)).toEqual({ settledItems: 0n, ledger: 0n, rail: 0n });
    expect(await house.payouts.complete(batchId)).toMatchObject({ state: 'partial' });
    expect(await program.isSound()).toBe(true);
  });

  it('takes back what the rail returns after it settled', async () => {
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    await house.payouts.complete(batchId);
    const [item] = (await house.payouts.listItems(batchId)).items;
    await house.sandbox.control.stripe('POST', `/v1/transfers/${item!.railReference}/reversals`, {});
    for (const webhook of await webhooks(2)) await deliver(webhook);
    await applyAll();
    expect(await house.itemsOf(batchId)).toMatchObject({ [partner]: { state: 'returned' } });
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 0n });
  });

  it('settles an item whose send was never written down', async () => {
    const [claimed] = await house.module.get(ItemSender).claim(batchId, 1);
    const { id: itemId, attempt, account_reference: accountReference, amount_minor, currency } = claimed!;
    const idempotencyKey = claimed!.idempotency_key;
    const amountMinor = BigInt(amount_minor);
    await house.sandbox
      .rail()
      .send({ itemId, attempt, accountReference, amountMinor, currency, batchId, idempotencyKey });
    for (const webhook of await webhooks(1)) await deliver(webhook);
    await applyAll();
    expect(await house.itemsOf(batchId)).toMatchObject({ [partner]: { state: 'settled' } });
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 0, unknown: 0, failed: 0 });
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true });
  });

  it('does not settle by a transfer that is not what was sent', async () => {
    const [claimed] = await house.module.get(ItemSender).claim(batchId, 1);
    const { id: itemId, attempt, account_reference: accountReference, currency } = claimed!;
    await house.sandbox.rail().send({
      ...{ itemId, attempt, accountReference, currency, batchId, amountMinor: 9_999n },
      idempotencyKey: `somebody-else-${itemId}`,
    });
    for (const webhook of await webhooks(1)) await deliver(webhook);
    await applyAll();
    const { items } = await house.payouts.listItems(batchId);
    expect(items).toMatchObject([{ state: 'sending', failureCode: 'contradicted_by_rail' }]);
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: false, itemsMinor: 0n, railMinor: 9_999n });
  });

  it('refuses a webhook that the rail did not sign', async () => {
    await house.payouts.paySlice(batchId, 1);
    const [webhook] = await webhooks(1);
    const forged = webhook!.rawBody.replace('4000', '4001');
    expect(await refusal(house.payouts.receiveWebhook(forged, webhook!.signature))).toBe('unauthenticated');
  });
});

describe('accounts and lists', () => {
  it('opens one account per partner, however many ask at once', async () => {
    const partnerId = await program.partner({ hasAccount: false });
    const before = (await house.sandbox.control.totals()).accounts;
    await Promise.all(
      Array.from({ length: 4 }, () => house.payouts.openPayoutAccount({ partnerId }).catch(() => undefined)),
    );
    await house.payouts.openPayoutAccount({ partnerId });
    expect((await house.sandbox.control.totals()).accounts - before).toBe(1);
    expect(await refusal(house.payouts.openPayoutAccount({ partnerId: 'prt_none' }))).toBe('not-found');
  });

  it('lists batches by state and amount, a page at a time', async () => {
    const partner = await program.partner();
    const made: string[] = [];
    for (const [month, minor] of [3_000n, 1_000n, 2_000n].entries()) {
      await program.vested(partner, minor, `2026-0${month + 1}-10T00:00:00Z`);
      made.push((await program.draft(`2026-0${month + 2}-01T00:00:00Z`)).batchId!);
    }
    await house.payouts.submit({ batchId: made[0]!, actorId: 'usr_maker' });
    const [item] = (await house.payouts.listItems(made[0]!)).items;
    expect(await house.payouts.item(item!.id)).toEqual({ ...item, programId: program.id });
    expect(await refusal(house.payouts.item('itm_none'))).toBe('not-found');
    const ids = async (request: Parameters<typeof house.payouts.listBatches>[1]) =>
      (await house.payouts.listBatches(program.id, request)).items.map(({ id }) => id);
    expect(await ids({})).toEqual([made[2], made[1], made[0]]);
    expect(await ids({ sort: 'largest' })).toEqual([made[0], made[2], made[1]]);
    expect(await ids({ states: ['draft'] })).toEqual([made[2], made[1]]);
    expect(await ids({ minTotalMinor: 2_000n, maxTotalMinor: 2_999n })).toEqual([made[2]]);
    for (const sort of ['newest', 'largest'] as const) {
      const walked: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await house.payouts.listBatches(program.id, { sort, limit: 1, cursor });
        walked.push(...page.items.map(({ id }) => id));
        cursor = page.next ?? undefined;
        if (cursor === undefined) break;
      }
      expect(walked).toEqual(await ids({ sort }));
    }
    expect(await refusal(house.payouts.listBatches(program.id, { cursor: 'bm9wZQ' }))).toBe('malformed-request');
  });
});

import { ItemSender } from '../../libs/payouts/item-sender.js';
import { uninterrupted } from '../../libs/payouts/progress.js';
import type { DomainError } from '../../libs/kernel/domain-error.js';
import { PayoutHouse, type ProgramFixture } from '../support/payout-house.js';

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

/** The code with which something is refused. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as DomainError,
  );
  return error?.code ?? 'was not refused';
}

/** States of a batch's items by partner. */
async function itemsOf(batchId: string): Promise<Record<string, { state: string; amountMinor: bigint }>> {
  const { items } = await house.payouts.listItems(batchId, { limit: 200 });
  return Object.fromEntries(items.map(({ partnerId, state, amountMinor }) => [partnerId, { state, amountMinor }]));
}

/** Every item of the program is the sum of its entries; an entry that no item pays is still in payable. */
async function expectSound(): Promise<void> {
  const wrong = await house.database.query(
    `select item.id from payout_items item
     where item.program_id = $1 and item.state <> 'superseded'
       and item.amount_minor <> (select coalesce(-sum(entry.amount_minor), 0) from payout_item_entries mapped
                                 join ledger_entries entry on entry.id = mapped.entry_id where mapped.item_id = item.id)`,
    [program.id],
  );
  expect(wrong).toEqual([]);
  expect(await program.isSound()).toBe(true);
}

describe('drafting', () => {
  it('collects per partner what vested until the cut-off, and carries the rest', async () => {
    const [paid, small, later, without] = await Promise.all([
      program.partner(),
      program.partner(),
      program.partner(),
      program.partner({ hasAccount: false }),
    ]);
    await program.vested(paid, 4_000n, '2026-03-31T12:00:00Z');
    await program.vested(paid, 1_500n, march);
    await program.vested(paid, 9_000n, '2026-04-01T00:00:00.001Z');
    await program.vested(small, 999n, '2026-03-01T00:00:00Z');
    await program.vested(later, 5_000n, '2026-04-02T00:00:00Z');
    await program.vested(without, 7_000n, '2026-03-01T00:00:00Z');

    const result = await program.draft(march);
    expect(result).toEqual({ batchId: expect.any(String), items: 1, totalMinor: '5500', carriedMinor: '7999' });
    const batchId = result.batchId!;
    expect(await itemsOf(batchId)).toEqual({ [paid]: { state: 'pending', amountMinor: 5_500n } });
    expect(await house.outbox('workflow_start', `payout-batch/${batchId}`)).toHaveLength(1);
    expect(await house.audit(batchId)).toMatchObject([
      { action: 'payout_batch.draft', actor_id: 'system', to_state: 'draft' },
    ]);
    await expectSound();
  });

  it('pays a minimum exactly, by the terms of each partner', async () => {
    const exact = await program.partner();
    await program.vested(exact, 1_000n, '2026-03-01T00:00:00Z');
    expect(await program.draft(march)).toMatchObject({ items: 1, totalMinor: '1000' });
  });

  it('makes one batch of a cut-off, however often and however many at once', async () => {
    const partner = await program.partner();
    await program.vested(partner, 4_000n, '2026-03-01T00:00:00Z');
    const results = await Promise.all([program.draft(march), program.draft(march), program.draft(march)]);
    expect(new Set(results.map(({ batchId }) => batchId)).size).toBe(1);
    expect(await program.draft(march)).toEqual(results[0]);
    expect(await house.outbox('workflow_start', `payout-batch/${results[0]?.batchId}`)).toHaveLength(1);
  });

  it('makes no batch where nobody is paid, and says what is carried', async () => {
    const partner = await program.partner();
    await program.vested(partner, 400n, '2026-03-01T00:00:00Z');
    expect(await program.draft(march)).toEqual({ items: 0, totalMinor: '0', carriedMinor: '400' });
  });

  it('drafts a third batch while two wait for people; each entry is paid once', async () => {
    const partner = await program.partner();
    const batches: string[] = [];
    for (const [cutOff, at, minor] of [
      [march, '2026-03-20T00:00:00Z', 2_000n],
      [april, '2026-04-20T00:00:00Z', 3_000n],
      [may, '2026-05-20T00:00:00Z', 4_000n],
    ] as const) {
      await program.vested(partner, minor, at);
      const { batchId, totalMinor } = await program.draft(cutOff);
      expect(totalMinor).toBe(minor.toString());
      batches.push(batchId!);
    }
    expect(new Set(batches).size).toBe(3);
    for (const batchId of batches) await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await program.balance('payable', partner)).toBe(0n);
    await expectSound();
  });

  it('sets off what a partner owes before it collects', async () => {
    const partner = await program.partner();
    await program.vested(partner, 2_000n, '2026-03-01T00:00:00Z');
    await program.clawedBack(partner, 2_500n, '2026-03-02T00:00:00Z');
    expect(await program.balance('partner_receivable', partner)).toBe(500n);
    await program.vested(partner, 4_000n, '2026-03-03T00:00:00Z');
    const { totalMinor } = await program.draft(march);
    expect(totalMinor).toBe('3500');
    expect(await program.balance('partner_receivable', partner)).toBe(0n);
    await expectSound();
  });
});

describe('submitting', () => {
  it('freezes: takes back what was clawed back since, reserves and hashes', async () => {
    const [partner, other] = await Promise.all([program.partner(), program.partner()]);
    await program.vested(partner, 4_000n, '2026-03-01T00:00:00Z');
    await program.vested(other, 2_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    // The clawback is dated after the cut-off and still counts; the new commission is and does not.
    await program.clawedBack(partner, 1_200n, '2026-04-05T00:00:00Z');
    await program.vested(partner, 9_000n, '2026-04-06T00:00:00Z');

    const status = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(status).toEqual({
      batchId,
      state: 'frozen',
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      openItems: 2,
      slices: 1,
    });
    expect(await itemsOf(batchId)).toEqual({
      [partner]: { state: 'reserved', amountMinor: 2_800n },
      [other]: { state: 'reserved', amountMinor: 2_000n },
    });
    expect(await program.balance('reserved', batchId)).toBe(4_800n);
    expect(await program.balance('payable', partner)).toBe(9_000n);
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 4_800n, items: 2, madeBy: 'usr_maker' });
    await expectSound();
  });

  it('drops an item that no longer reaches its minimum; the next collection takes it', async () => {
    const [partner, other] = await Promise.all([program.partner(), program.partner()]);
    await program.vested(partner, 1_500n, '2026-03-01T00:00:00Z');
    await program.vested(other, 2_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    await program.clawedBack(partner, 600n, '2026-03-20T00:00:00Z');
    await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await itemsOf(batchId)).toMatchObject({
      [partner]: { state: 'superseded' },
      [other]: { state: 'reserved' },
    });
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 2_000n, items: 1, carriedMinor: 900n });

    await program.vested(partner, 500n, '2026-04-10T00:00:00Z');
    const next = await program.draft(april);
    expect(next).toMatchObject({ items: 1, totalMinor: '1400' });
    await expectSound();
  });

  it('cancels a batch of which nothing is left', async () => {
    const partner = await program.partner();
    await program.vested(partner, 4_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    await program.clawedBack(partner, 4_000n, '2026-03-20T00:00:00Z');
    const status = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(status).toEqual({ batchId, state: 'cancelled', openItems: 0, slices: 0 });
    expect(await program.balance('payable', partner)).toBe(0n);
    await expectSound();
  });

  it('answers the same request again, and refuses another one', async () => {
    const partner = await program.partner();
    await program.vested(partner, 4_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    const input = { batchId, actorId: 'usr_maker', requestId: 'req_1' };
    const first = await house.payouts.submit(input);
    expect(await house.payouts.submit(input)).toEqual(first);
    expect(await refusal(house.payouts.submit({ ...input, requestId: 'req_2' }))).toBe('illegal-transition');
    expect(await program.balance('reserved', batchId)).toBe(4_000n);
  });

  it('takes turns with a draft and a clawback that come at the same time', async () => {
    const partners = await Promise.all(Array.from({ length: 6 }, () => program.partner()));
    for (const partner of partners) await program.vested(partner, 5_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    await Promise.all([
      house.payouts.submit({ batchId, actorId: 'usr_maker' }),
      program.draft(april),
      ...partners.map((partner) => program.clawedBack(partner, 1_000n, '2026-03-20T00:00:00Z')),
      ...partners.map((partner) => program.vested(partner, 2_000n, '2026-04-20T00:00:00Z')),
    ]);
    await expectSound();
    // Whatever came first: what partners have to come is what vested less what was taken back.
    const toCome = await Promise.all(
      partners.map(async (partner) => {
        const owed = await program.balance('partner_receivable', partner);
        return (await program.balance('payable', partner)) - owed;
      }),
    );
    const reserved = await program.balance('reserved', batchId);
    expect(toCome.reduce((sum, minor) => sum + minor, reserved)).toBe(BigInt(partners.length) * 6_000n);
  });
});

describe('deciding', () => {
  let batchId: string;
  let contentHash: string;
  let partner: string;

  beforeEach(async () => {
    partner = await program.partner();
    await program.vested(partner, 4_000n, '2026-03-01T00:00:00Z');
    ({ batchId = '' } = await program.draft(march));
    ({ contentHash = '' } = await house.payouts.submit({ batchId, actorId: 'usr_maker' }));
  });

  it('is released by somebody else, who has seen what it is', async () => {
    expect(await refusal(house.payouts.approve({ batchId, contentHash, actorId: 'usr_maker' }))).toBe(
      'maker-is-checker',
    );
    const other = { batchId, contentHash: contentHash.replaceAll(/[0-9]/g, 'a'), actorId: 'usr_checker' };
    expect(await refusal(house.payouts.approve(other))).toBe('hash-mismatch');
    expect((await house.payouts.status(batchId)).state).toBe('frozen');
    const status = await house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
    expect(status).toMatchObject({ state: 'released', openItems: 1, slices: 1 });
  });

  it('is not released when a row was changed behind the hash', async () => {
    await house.database.query(`update payout_items set account_reference = 'acct_thief' where batch_id = $1`, [
      batchId,
    ]);
    const approval = house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
    expect(await refusal(approval)).toBe('hash-mismatch');
  });

  it('lets one of two approvals win', async () => {
    const codes = await Promise.all(
      ['usr_one', 'usr_two'].map((actorId) => refusal(house.payouts.approve({ batchId, contentHash, actorId }))),
    );
    expect(codes.sort()).toEqual(['illegal-transition', 'was not refused']);
    const facts = (await house.audit(batchId)).filter(({ action }) => action === 'payout_batch.approve');
    expect(facts).toHaveLength(1);
  });

  it('gives back what was reserved when it is rejected; the next collection takes it', async () => {
    const status = await house.payouts.reject({ batchId, actorId: 'usr_checker', reason: 'wrong month' });
    expect(status).toMatchObject({ state: 'rejected', openItems: 0 });
    expect(await program.balance('reserved', batchId)).toBe(0n);
    expect(await program.balance('payable', partner)).toBe(4_000n);
    expect(await house.payouts.batch(batchId)).toMatchObject({ reason: 'wrong month' });
    expect(await refusal(house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' }))).toBe(
      'illegal-transition',
    );

    const next = await program.draft(april);
    expect(next).toMatchObject({ items: 1, totalMinor: '4000' });
    await expectSound();
  });

  it('cancels a draft without touching the ledger, and never a frozen batch', async () => {
    expect(await refusal(house.payouts.cancel({ batchId, actorId: 'usr_maker', reason: 'x' }))).toBe(
      'illegal-transition',
    );
    await program.vested(partner, 3_000n, '2026-04-20T00:00:00Z');
    const { batchId: second = '' } = await program.draft(april);
    await house.payouts.cancel({ batchId: second, actorId: 'usr_maker', reason: 'too early' });
    expect(await program.balance('payable', partner)).toBe(3_000n);
    expect(await program.draft(may)).toMatchObject({ items: 1, totalMinor: '3000' });
    await expectSound();
  });

  it('does not know a batch that there is not', async () => {
    expect(await refusal(house.payouts.submit({ batchId: 'bat_none', actorId: 'usr_maker' }))).toBe('not-found');
  });
});

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
    await expectSound();
  }

  it('sends each item, settles by the poll, tells each partner and completes', async () => {
    expect(await house.payouts.paySlice(batchId, 1)).toEqual({ sent: 3, unknown: 0, failed: 0 });
    expect(await program.balance('payout_clearing')).toBe(-9_000n);
    expect(await house.payouts.refreshOpenItems(batchId)).toMatchObject({ openItems: 0 });
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
    expect(steps).toEqual(['reserve', 'send', 'accept', 'settle', 'advise'].map((step) => `payout_item.${step}`));
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
      expect(Object.values(await itemsOf(batchId)).map(({ state }) => state)).not.toContain('failed');
      expect(await house.payouts.refreshOpenItems(batchId)).toMatchObject({ openItems: expect.any(Number) });
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

  it('pays once when two workers have the same slice', async () => {
    await Promise.all([house.payouts.paySlice(batchId, 1), house.payouts.paySlice(batchId, 1)]);
    await house.payouts.paySlice(batchId, 1);
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
    await expectSound();
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

  it('settles by a webhook, ten times the same, and wakes the workflow', async () => {
    await house.payouts.paySlice(batchId, 1);
    const [webhook] = await webhooks(1);
    const before = await applyAll();
    for (let round = 0; round < 10; round++) await deliver(webhook!);
    expect((await applyAll()) - before).toBe(1);
    await applyAll();
    expect(await itemsOf(batchId)).toEqual({ [partner]: { state: 'settled', amountMinor: 4_000n } });
    expect(await house.outflow(batchId)).toEqual({ settledItems: 4_000n, ledger: 4_000n, rail: 4_000n });
    const signals = await house.outbox('workflow_signal', `payout-batch/${batchId}`);
    expect(signals).toMatchObject([{ payload: { signal: 'itemsSettled' } }]);
    await expectSound();
  });

  it('ends the same when reports come in the wrong order', async () => {
    await house.payouts.paySlice(batchId, 1);
    await webhooks(1);
    const [item] = (await house.payouts.listItems(batchId)).items;
    await house.sandbox.control.stripe('POST', `/v1/transfers/${item!.railReference}/reversals`, {});
    const received = await webhooks(2);
    for (const webhook of [...received].reverse()) {
      await deliver(webhook);
      await applyAll();
    }
    expect(await itemsOf(batchId)).toMatchObject({ [partner]: { state: 'returned' } });
    expect(await program.balance('held', partner)).toBe(4_000n);
    expect(await house.outflow(batchId)).toEqual({ settledItems: 0n, ledger: 0n, rail: 0n });
    expect(await house.payouts.complete(batchId)).toMatchObject({ state: 'partial' });
    await expectSound();
  });

  it('takes back what the rail returns after it settled', async () => {
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.refreshOpenItems(batchId);
    await house.payouts.complete(batchId);
    const [item] = (await house.payouts.listItems(batchId)).items;
    await house.sandbox.control.stripe('POST', `/v1/transfers/${item!.railReference}/reversals`, {});
    for (const webhook of await webhooks(2)) await deliver(webhook);
    await applyAll();
    expect(await itemsOf(batchId)).toMatchObject({ [partner]: { state: 'returned' } });
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
    expect(await itemsOf(batchId)).toMatchObject({ [partner]: { state: 'settled' } });
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
    await expectSound();
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
        cursor = page.next;
        if (cursor === undefined) break;
      }
      expect(walked).toEqual(await ids({ sort }));
    }
    expect(await refusal(house.payouts.listBatches(program.id, { cursor: 'bm9wZQ' }))).toBe('malformed-request');
  });
});

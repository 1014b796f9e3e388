import type { Transaction } from '../../libs/database/index.js';
import { lockPartners } from '../../libs/ledger/index.js';
import { lockCollection } from '../../libs/payouts/rows.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';
const may = '2026-06-01T00:00:00Z';

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
    expect(result).toEqual({
      batchId: expect.any(String) as string,
      items: 1,
      totalMinor: '5500',
      carriedMinor: '7999',
      carried: { below_minimum: 1, no_payout_account: 1 },
    });
    const batchId = result.batchId!;
    expect(await house.itemsOf(batchId)).toEqual({ [paid]: { state: 'screened', amountMinor: 5_500n } });
    expect(await house.outbox('workflow_start', `payout-batch/${batchId}`)).toHaveLength(1);
    expect(await house.audit(batchId)).toMatchObject([
      { action: 'payout_batch.draft', actor_id: 'system', to_state: 'draft' },
    ]);
    expect(await program.isSound()).toBe(true);
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
    const carried = { below_minimum: 1 };
    expect(await program.draft(march)).toEqual({ items: 0, totalMinor: '0', carriedMinor: '400', carried });
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
    expect(await program.isSound()).toBe(true);
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
    expect(await program.isSound()).toBe(true);
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
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      openItems: 2,
      slices: 1,
    });
    expect(await house.itemsOf(batchId)).toEqual({
      [partner]: { state: 'reserved', amountMinor: 2_800n },
      [other]: { state: 'reserved', amountMinor: 2_000n },
    });
    expect(await program.balance('reserved', batchId)).toBe(4_800n);
    expect(await program.balance('payable', partner)).toBe(9_000n);
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 4_800n, items: 2, madeBy: 'usr_maker' });
    expect(await program.isSound()).toBe(true);
  });

  it('drops an item that no longer reaches its minimum; the next collection takes it', async () => {
    const [partner, other] = await Promise.all([program.partner(), program.partner()]);
    await program.vested(partner, 1_500n, '2026-03-01T00:00:00Z');
    await program.vested(other, 2_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    await program.clawedBack(partner, 600n, '2026-03-20T00:00:00Z');
    await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await house.itemsOf(batchId)).toMatchObject({
      [partner]: { state: 'superseded' },
      [other]: { state: 'reserved' },
    });
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 2_000n, items: 1, carriedMinor: 900n });

    await program.vested(partner, 500n, '2026-04-10T00:00:00Z');
    const next = await program.draft(april);
    expect(next).toMatchObject({ items: 1, totalMinor: '1400' });
    expect(await program.isSound()).toBe(true);
  });

  it('cancels a batch of which nothing is left', async () => {
    const partner = await program.partner();
    await program.vested(partner, 4_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    await program.clawedBack(partner, 4_000n, '2026-03-20T00:00:00Z');
    const status = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(status).toEqual({ batchId, state: 'cancelled', openItems: 0, slices: 0 });
    expect(await program.balance('payable', partner)).toBe(0n);
    expect(await program.isSound()).toBe(true);
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

  it('waits for a draft that is under way, and for whatever moves the money of its partners', async () => {
    const partner = await program.partner();
    for (const [cutOff, hold] of [
      [march, (tx: Transaction) => lockCollection(tx, program.id)],
      [april, (tx: Transaction) => lockPartners(tx, program.id, [partner])],
    ] as const) {
      await program.vested(partner, 2_000n, '2026-03-01T00:00:00Z');
      const { batchId = '' } = await program.draft(cutOff);
      expect(await house.waits(hold, () => house.payouts.submit({ batchId, actorId: 'usr_maker' }))).toBe(true);
      expect((await house.payouts.status(batchId)).state).toBe('frozen');
    }
    const drafts = () => program.draft(may);
    expect(await house.waits((tx) => lockCollection(tx, program.id), drafts)).toBe(true);
  });

  it('takes turns with a draft and a clawback that come at the same time', async () => {
    const partners = await Promise.all(Array.from({ length: 6 }, () => program.partner()));
    for (const partner of partners) await program.vested(partner, 5_000n, '2026-03-01T00:00:00Z');
    const { batchId = '' } = await program.draft(march);
    // Both the freezing and the next draft want these debits.
    for (const partner of partners) await program.clawedBack(partner, 1_000n, '2026-03-20T00:00:00Z');
    await Promise.all([
      house.payouts.submit({ batchId, actorId: 'usr_maker' }),
      program.draft(april),
      ...partners.map((partner) => program.clawedBack(partner, 1_000n, '2026-03-21T00:00:00Z')),
      ...partners.map((partner) => program.vested(partner, 2_000n, '2026-04-20T00:00:00Z')),
    ]);
    expect(await program.isSound()).toBe(true);
    // Whatever came first: what partners have to come is what vested less what was taken back.
    const toCome = await Promise.all(
      partners.map(async (partner) => {
        const owed = await program.balance('partner_receivable', partner);
        return (await program.balance('payable', partner)) - owed;
      }),
    );
    const reserved = await program.balance('reserved', batchId);
    expect(toCome.reduce((sum, minor) => sum + minor, reserved)).toBe(BigInt(partners.length) * 5_000n);
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
    expect(await program.isSound()).toBe(true);
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
    expect(await program.isSound()).toBe(true);
  });

  it('does not know a batch that there is not', async () => {
    expect(await refusal(house.payouts.submit({ batchId: 'bat_none', actorId: 'usr_maker' }))).toBe('not-found');
  });
});

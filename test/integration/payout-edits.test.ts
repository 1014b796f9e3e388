import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';

let house: PayoutHouse;
let program: ProgramFixture;
let partners: string[];

beforeAll(async () => {
  house = await PayoutHouse.open();
});

/** Three partners with USD 20, 30 and 40 to come, in a program that releases by hand. */
beforeEach(async () => {
  program = await house.program(1_000, { release: 'manual' });
  partners = await Promise.all([program.partner(), program.partner(), program.partner()]);
  for (const [index, partner] of partners.entries()) {
    await program.vested(partner, 1_000n * BigInt(index + 2), '2026-03-01T00:00:00Z');
  }
});

afterAll(() => house.close());

async function itemOf(batchId: string, partner: string) {
  const { items } = await house.payouts.listItems(batchId);
  const item = items.find(({ partnerId }) => partnerId === partner);
  if (!item) throw new Error('the batch has no item of the partner');
  return item;
}

function edit(batchId: string, change: { remove?: string[]; putBack?: string[] }, requestId?: string) {
  const { remove = [], putBack = [] } = change;
  const asked = requestId === undefined ? {} : { requestId };
  return house.payouts.edit({ batchId, remove, putBack, reason: 'a question', actorId: 'usr_editor', ...asked });
}

describe('a frozen batch', () => {
  it('loses its approvals with an edit, and whatever comes back is another content', async () => {
    const [first = ''] = partners;
    const batch = await program.frozen(march);
    await house.payouts.approve({ ...batch, actorId: 'usr_checker' });
    const { id } = await itemOf(batch.batchId, first);

    const without = await edit(batch.batchId, { remove: [id] });
    expect(without).toMatchObject({ state: 'frozen', openItems: 2 });
    expect(without.contentHash).not.toBe(batch.contentHash);
    expect(await house.payouts.batch(batch.batchId)).toMatchObject({ totalMinor: 7_000n, items: 2, approvals: [] });
    expect(await program.balance('reserved', batch.batchId)).toBe(7_000n);
    expect(await program.balance('payable', first)).toBe(2_000n);
    expect(await itemOf(batch.batchId, first)).toMatchObject({
      state: 'held',
      findings: [{ cause: 'removed', reference: 'usr_editor' }],
    });

    const withIt = await edit(batch.batchId, { putBack: [id] });
    expect(new Set([batch.contentHash, without.contentHash, withIt.contentHash]).size).toBe(3);
    expect(await program.balance('reserved', batch.batchId)).toBe(9_000n);
    for (const contentHash of [batch.contentHash, without.contentHash!]) {
      const approval = house.payouts.approve({ batchId: batch.batchId, contentHash, actorId: 'usr_checker' });
      expect(await refusal(approval)).toBe('hash-mismatch');
    }
    expect(await house.payouts.batch(batch.batchId)).toMatchObject({ approvals: [], totalMinor: 9_000n });
    expect(await program.isSound()).toBe(true);
  });

  it('is not approved by whoever edited it', async () => {
    const { batchId } = await program.frozen(march);
    const { contentHash = '' } = await edit(batchId, { remove: [(await itemOf(batchId, partners[0]!)).id] });
    expect(await refusal(house.payouts.approve({ batchId, contentHash, actorId: 'usr_editor' }))).toBe(
      'maker-is-checker',
    );
    expect(await house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' })).toMatchObject({
      state: 'approved',
    });
  });

  it('is approved as it was or edited: an approval at the same time never covers the edit', async () => {
    const batch = await program.frozen(march);
    const { id } = await itemOf(batch.batchId, partners[0]!);
    await Promise.all([
      refusal(house.payouts.approve({ ...batch, actorId: 'usr_checker' })),
      edit(batch.batchId, { remove: [id] }),
    ]);
    expect(await house.payouts.batch(batch.batchId)).toMatchObject({ state: 'frozen', approvals: [], items: 2 });
    const release = house.payouts.release({ ...batch, actorId: 'usr_finance' });
    expect(await refusal(release)).toBe('illegal-transition');
  });

  it('reserves an item that goes out and comes back as often as it does', async () => {
    const { batchId } = await program.frozen(march);
    const { id } = await itemOf(batchId, partners[0]!);
    for (let round = 0; round < 3; round++) {
      await edit(batchId, { remove: [id] });
      expect(await program.balance('payable', partners[0])).toBe(2_000n);
      await edit(batchId, { putBack: [id] });
      expect(await program.balance('reserved', batchId)).toBe(9_000n);
    }
    expect(await program.isSound()).toBe(true);
  });

  it('leaves to the next collection what is out when it is released', async () => {
    const [first = ''] = partners;
    const { batchId } = await program.frozen(march);
    const { contentHash = '' } = await edit(batchId, { remove: [(await itemOf(batchId, first)).id] });
    expect(await program.draft(april)).toMatchObject({ items: 0 });
    await house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
    await house.payouts.release({ batchId, contentHash, actorId: 'usr_finance' });
    expect(await itemOf(batchId, first)).toMatchObject({ state: 'superseded' });
    expect(await house.payouts.batch(batchId)).toMatchObject({ carriedMinor: 2_000n });
    expect(await refusal(edit(batchId, {}))).toBe('illegal-transition');
    const next = await program.draft(april);
    expect(next).toMatchObject({ items: 1, totalMinor: '2000' });
    expect(await program.isSound()).toBe(true);
  });

  it('takes back with an item what was clawed back while it was out', async () => {
    const [first = ''] = partners;
    const { batchId } = await program.frozen(march);
    const { id } = await itemOf(batchId, first);
    await edit(batchId, { remove: [id] });
    await program.clawedBack(first, 600n, '2026-04-02T00:00:00Z');
    await edit(batchId, { putBack: [id] });
    expect(await itemOf(batchId, first)).toMatchObject({ state: 'reserved', amountMinor: 1_400n });
    expect(await program.balance('payable', first)).toBe(0n);
    expect(await program.isSound()).toBe(true);
  });

  it('cannot lose its last item, and knows only its own', async () => {
    const { batchId } = await program.frozen(march);
    const ids = (await house.payouts.listItems(batchId)).items.map(({ id }) => id);
    expect(await refusal(edit(batchId, { remove: ids }))).toBe('illegal-transition');
    expect(await program.balance('reserved', batchId)).toBe(9_000n);
    expect(await refusal(edit(batchId, { remove: [`itm_${'0'.repeat(32)}`] }))).toBe('not-found');
    expect(await refusal(edit(batchId, { remove: [ids[0]!], putBack: [ids[0]!] }))).toBe('malformed-request');
    const first = await edit(batchId, { remove: [ids[0]!] }, 'req_edit');
    expect(await edit(batchId, { remove: [ids[0]!] }, 'req_edit')).toEqual(first);
  });
});

describe('what is held', () => {
  it('is found when the batch is frozen, stays payable, and is no part of what is approved', async () => {
    const [held = ''] = partners;
    const { batchId = '' } = await program.draft(march);
    await program.suspended(held);
    const { contentHash = '' } = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await house.payouts.batch(batchId)).toMatchObject({ state: 'frozen', totalMinor: 7_000n, items: 2 });
    const item = await itemOf(batchId, held);
    expect(item).toMatchObject({ state: 'held', findings: [{ cause: 'suspended' }] });
    expect(item.findings[0]?.reference).toMatch(/^sus_/);
    expect(await program.balance('payable', held)).toBe(2_000n);
    expect(await program.balance('reserved', batchId)).toBe(7_000n);

    // The cause is over: it comes back with the next check, and that is another content.
    await program.resumed(held);
    const again = await edit(batchId, {});
    expect(again.contentHash).not.toBe(contentHash);
    expect(await itemOf(batchId, held)).toMatchObject({ state: 'reserved', findings: [] });
    expect(await program.balance('reserved', batchId)).toBe(9_000n);
    expect(await program.isSound()).toBe(true);
  });

  it('is held in the middle of its approval, too, when it is checked again', async () => {
    const [held = ''] = partners;
    const { batchId } = await program.frozen(march);
    await house.database.query(`delete from payout_accounts where partner_id = $1`, [held]);
    await edit(batchId, {});
    expect(await itemOf(batchId, held)).toMatchObject({ state: 'held', findings: [{ cause: 'no_payout_account' }] });
    expect(await program.balance('payable', held)).toBe(2_000n);
    expect(await program.isSound()).toBe(true);
  });

  it('is not put back by a person while a check holds it', async () => {
    const [held = ''] = partners;
    const { batchId } = await program.frozen(march);
    const { id } = await itemOf(batchId, held);
    await edit(batchId, { remove: [id] });
    await program.suspended(held);
    await edit(batchId, { putBack: [id] });
    expect(await itemOf(batchId, held)).toMatchObject({ state: 'held', findings: [{ cause: 'suspended' }] });
    await program.resumed(held);
    await edit(batchId, {});
    expect(await itemOf(batchId, held)).toMatchObject({ state: 'reserved' });
  });

  it('leaves nothing of a batch where it is all of it; the next collection takes it', async () => {
    const { batchId = '' } = await program.draft(march);
    for (const partner of partners) await program.suspended(partner);
    await edit(batchId, {});
    expect(await house.payouts.batch(batchId)).toMatchObject({ state: 'draft', totalMinor: 0n, items: 0 });
    const submitted = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(submitted).toMatchObject({ state: 'cancelled', openItems: 0 });
    expect(await house.payouts.batch(batchId)).toMatchObject({ carriedMinor: 9_000n });
    for (const partner of partners) await program.resumed(partner);
    expect(await program.draft(april)).toMatchObject({ items: 3, totalMinor: '9000' });
    expect(await program.isSound()).toBe(true);
  });

  it('waits in its draft and is not collected twice', async () => {
    const [first = ''] = partners;
    const { batchId = '' } = await program.draft(march);
    const { id } = await itemOf(batchId, first);
    const draft = await edit(batchId, { remove: [id] });
    expect(draft).toMatchObject({ state: 'draft' });
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 7_000n, items: 2 });
    expect(await program.draft(april)).toMatchObject({ items: 0 });
    await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await itemOf(batchId, first)).toMatchObject({ state: 'held' });
    expect(await program.isSound()).toBe(true);
  });
});

describe('a preview', () => {
  it('tells what a draft would hold, and writes nothing', async () => {
    const without = await program.partner({ hasAccount: false });
    await program.vested(without, 5_000n, '2026-03-01T00:00:00Z');
    await program.clawedBack(partners[0]!, 2_500n, '2026-03-02T00:00:00Z');
    await program.vested(partners[0]!, 4_000n, '2026-03-03T00:00:00Z');
    const run = { programId: program.id, cutOffMs: Date.parse(march) };
    const before = await house.ledger.trialBalance(program.id);
    const [preview] = await house.payouts.preview(run);
    expect(preview).toMatchObject({ currency: 'USD', totalMinor: 10_500n });
    expect(preview?.carried).toEqual([{ partnerId: without, amountMinor: 5_000n, cause: 'no_payout_account' }]);
    expect(await house.ledger.trialBalance(program.id)).toEqual(before);
    expect((await house.payouts.listBatches(program.id)).items).toEqual([]);

    const drafted = await program.draft(march);
    expect(drafted).toMatchObject({ items: 3, totalMinor: '10500' });
    const items = await house.itemsOf(drafted.batchId!);
    expect(
      Object.fromEntries(
        preview!.items.map(({ partnerId, state, amountMinor }) => [partnerId, { state, amountMinor }]),
      ),
    ).toEqual(items);
    // What is drafted already would not be drafted again.
    expect(await house.payouts.preview(run)).toMatchObject([{ totalMinor: 0n, items: [] }]);
  });
});

describe('a payout between the schedules', () => {
  const request = (partnerId: string, ignoresMinimum = false, requestId?: string) => ({
    programId: program.id,
    partnerId,
    cutOffMs: Date.parse(march),
    ignoresMinimum,
    reason: 'the partner leaves',
    actorId: 'usr_finance',
    ...(requestId === undefined ? {} : { requestId }),
  });

  it('is a batch of its own, and the scheduled one pays the others alone', async () => {
    const [first = '', ...others] = partners;
    const [offCycle, scheduled] = await Promise.all([
      house.payouts.draftOffCycle(request(first)),
      (async () => {
        await new Promise((resolve) => setTimeout(resolve, 0));
        return program.draft(march);
      })(),
    ]);
    const batches = [offCycle, scheduled].flatMap(({ batchId }) => (batchId === undefined ? [] : [batchId]));
    for (const batchId of batches) await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    const reserved = await Promise.all(batches.map((batchId) => program.balance('reserved', batchId)));
    expect(reserved.reduce((sum, minor) => sum + minor, 0n)).toBe(9_000n);
    for (const partner of [first, ...others]) expect(await program.balance('payable', partner)).toBe(0n);
    expect(await program.isSound()).toBe(true);
  });

  it('answers the same request again, and another one finds nothing left', async () => {
    const [first = ''] = partners;
    const { batchId, ...drafted } = await house.payouts.draftOffCycle(request(first, false, 'req_1'));
    expect(drafted).toMatchObject({ items: 1, totalMinor: '2000' });
    expect(await house.payouts.draftOffCycle(request(first, false, 'req_1'))).toMatchObject({ batchId });
    expect(await house.payouts.draftOffCycle(request(first, false, 'req_2'))).toMatchObject({ items: 0 });
    expect(await house.payouts.batch(batchId!)).toMatchObject({ kind: 'off_cycle', state: 'draft' });
    expect(await house.outbox('workflow_start', `payout-batch/${batchId}`)).toHaveLength(1);
    const { contentHash = '' } = await house.payouts.submit({ batchId: batchId!, actorId: 'usr_finance' });
    const approval = { batchId: batchId!, contentHash, actorId: 'usr_finance' };
    expect(await refusal(house.payouts.approve(approval))).toBe('maker-is-checker');
  });

  it('goes below the minimum only where it is asked to, and never to a suspended partner', async () => {
    const small = await program.partner();
    await program.vested(small, 400n, '2026-03-01T00:00:00Z');
    expect(await house.payouts.draftOffCycle(request(small))).toMatchObject({ carried: { below_minimum: 1 } });
    await program.suspended(small);
    expect(await house.payouts.draftOffCycle(request(small, true))).toMatchObject({ carried: { suspended: 1 } });
    await program.resumed(small);
    const { batchId = '' } = await house.payouts.draftOffCycle(request(small, true));
    await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await program.balance('reserved', batchId)).toBe(400n);
    expect(await program.isSound()).toBe(true);
  });
});

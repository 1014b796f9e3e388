import { PayoutRail, RailUnavailable } from '../../libs/payouts/domain/index.js';
import { BankDetailEditors } from '../../libs/payouts/index.js';
import { KnownEditors } from '../support/known-editors.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';

const known = new KnownEditors();
let house: PayoutHouse;
let program: ProgramFixture;
let partner: string;

const role = 'finance_approver' as const;

/** A program whose batches from USD 50 on need two approvals, with USD 60 to come for one partner. */
async function openProgram(payout: Parameters<PayoutHouse['program']>[1] = {}, amountMinor = 6_000n): Promise<void> {
  const rules = [{ fromMinor: 5_000, required: 2 }];
  program = await house.program(1_000, { approvals: { role, required: 1, rules }, ...payout });
  partner = await program.partner();
  await program.vested(partner, amountMinor, '2026-03-01T00:00:00Z');
}

function approve(batch: { batchId: string; contentHash: string }, actorId: string) {
  return house.payouts.approve({ ...batch, actorId });
}

beforeAll(async () => {
  house = await PayoutHouse.open({}, (builder) => builder.overrideProvider(BankDetailEditors).useValue(known));
});

beforeEach(() => known.editors.clear());

afterAll(() => house.close());

describe('approving', () => {
  it('takes two people from the amount on, and one below it', async () => {
    await openProgram();
    const batch = await program.frozen(march);
    expect(await house.payouts.batch(batch.batchId)).toMatchObject({ requiredApprovals: 2, approvals: [] });
    expect(await approve(batch, 'usr_one')).toMatchObject({ state: 'in_approval' });
    expect(await refusal(approve(batch, 'usr_one'))).toBe('maker-is-checker');
    expect(await refusal(approve(batch, 'usr_maker'))).toBe('maker-is-checker');
    expect(await refusal(house.payouts.paySlice(batch.batchId, 1))).toBe('illegal-transition');
    expect(await approve(batch, 'usr_two')).toMatchObject({ state: 'released' });
    expect(await house.payouts.batch(batch.batchId)).toMatchObject({
      approvals: [{ approverId: 'usr_one' }, { approverId: 'usr_two' }],
      approvedBy: 'usr_two',
      releasedBy: 'system',
    });
    const told = await house.outbox<{ type: string }>('domain_event', batch.batchId);
    expect(told.map(({ payload }) => payload.type)).toEqual(
      ['drafted', 'frozen', 'in_approval', 'approved', 'released'].map((state) => `payout_batch.${state}`),
    );

    await openProgram({}, 4_999n);
    expect(await approve(await program.frozen(march), 'usr_one')).toMatchObject({ state: 'released' });
  });

  it('counts both of two approvals at once, and of three lets one come too late', async () => {
    await openProgram();
    const batch = await program.frozen(march);
    const codes = await Promise.all(['usr_1', 'usr_2', 'usr_3'].map((actorId) => refusal(approve(batch, actorId))));
    expect(codes.sort()).toEqual(['illegal-transition', 'was not refused', 'was not refused']);
    expect((await house.payouts.batch(batch.batchId)).approvals).toHaveLength(2);
    expect(await house.payouts.status(batch.batchId)).toMatchObject({ state: 'released' });
  });

  it('counts one person once, however often and at once it asks', async () => {
    await openProgram();
    const batch = await program.frozen(march);
    const codes = await Promise.all([1, 2, 3].map(() => refusal(approve(batch, 'usr_one'))));
    expect(codes.sort()).toEqual(['maker-is-checker', 'maker-is-checker', 'was not refused']);
    expect(await house.payouts.status(batch.batchId)).toMatchObject({ state: 'in_approval' });
  });

  it('answers the same request again without counting it twice', async () => {
    await openProgram();
    const batch = await program.frozen(march);
    const input = { ...batch, actorId: 'usr_one', requestId: 'req_approval' };
    const first = await house.payouts.approve(input);
    expect(await house.payouts.approve(input)).toEqual(first);
    expect(first).toMatchObject({ state: 'in_approval' });
  });

  it('is not for whoever last changed the bank details of a partner in the batch', async () => {
    await openProgram({ approvals: { role, required: 1, rules: [] } });
    known.editors.set(partner, 'usr_clerk').set('prt_other', 'usr_checker');
    const batch = await program.frozen(march);
    expect(await refusal(approve(batch, 'usr_clerk'))).toBe('maker-is-checker');
    expect(await approve(batch, 'usr_checker')).toMatchObject({ state: 'released' });
  });

  it('takes the strictest rule for a currency that cannot be compared', async () => {
    await openProgram({}, 100n);
    await program.vested(partner, 2_000n, '2026-03-01T00:00:00Z', 'EUR');
    const { others = [] } = await program.draft(march);
    expect(others).toMatchObject([{ currency: 'EUR', totalMinor: '2000', items: 1 }]);
    const batchId = others[0]?.batchId ?? '';
    await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await house.payouts.batch(batchId)).toMatchObject({ currency: 'EUR', requiredApprovals: 2 });
  });
});

describe('where the program names who may approve', () => {
  it('is for them alone', async () => {
    await openProgram({ approvals: { role, required: 1, rules: [], approvers: ['usr_anna', 'usr_ben'] } });
    const batch = await program.frozen(march);
    expect(await refusal(approve(batch, 'usr_other'))).toBe('forbidden');
    expect(await approve(batch, 'usr_ben')).toMatchObject({ state: 'released' });
  });

  it('is blocked when nobody is left, and goes on once the item that bars is out', async () => {
    await openProgram({ approvals: { role, required: 1, rules: [], approvers: ['usr_maker', 'usr_clerk'] } });
    const other = await program.partner();
    await program.vested(other, 3_000n, '2026-03-01T00:00:00Z');
    known.editors.set(partner, 'usr_clerk');
    const batch = await program.frozen(march);
    expect(await house.payouts.status(batch.batchId)).toMatchObject({ state: 'approval_blocked' });
    expect(await refusal(approve(batch, 'usr_clerk'))).toBe('maker-is-checker');

    const { items } = await house.payouts.listItems(batch.batchId);
    const itemId = items.find(({ partnerId }) => partnerId === partner)!.id;
    const edit = { batchId: batch.batchId, remove: [itemId], putBack: [], reason: 'his own details' };
    const { state, contentHash = '' } = await house.payouts.edit({ ...edit, actorId: 'usr_maker' });
    expect(state).toBe('frozen');
    expect(await approve({ ...batch, contentHash }, 'usr_clerk')).toMatchObject({ state: 'released' });
  });

  it('is blocked half-way, and recalled from there', async () => {
    await openProgram({ approvals: { role, required: 2, rules: [], approvers: ['usr_anna', 'usr_ben'] } });
    const batch = await program.frozen(march);
    known.editors.set(partner, 'usr_ben');
    expect(await approve(batch, 'usr_anna')).toMatchObject({ state: 'approval_blocked' });
    const recalled = await house.payouts.recall({ batchId: batch.batchId, actorId: 'usr_maker', reason: 'blocked' });
    expect(recalled).toMatchObject({ state: 'recalled' });
    expect(await program.balance('payable', partner)).toBe(6_000n);
  });
});

describe('releasing', () => {
  beforeEach(() => openProgram({ release: 'manual', approvals: { role, required: 1, rules: [] } }));

  it('is a step of its own where the program has it so', async () => {
    const batch = await program.frozen(march);
    expect(await refusal(house.payouts.release({ ...batch, actorId: 'usr_finance' }))).toBe('illegal-transition');
    expect(await approve(batch, 'usr_one')).toMatchObject({ state: 'approved' });
    expect(await refusal(house.payouts.paySlice(batch.batchId, 1))).toBe('illegal-transition');
    const other = { ...batch, contentHash: 'f'.repeat(64), actorId: 'usr_finance' };
    expect(await refusal(house.payouts.release(other))).toBe('hash-mismatch');
    const releases = ['usr_a', 'usr_b'].map((actorId) => refusal(house.payouts.release({ ...batch, actorId })));
    expect((await Promise.all(releases)).sort()).toEqual(['illegal-transition', 'was not refused']);
    expect(await house.payouts.status(batch.batchId)).toMatchObject({ state: 'released' });
    const facts = (await house.audit(batch.batchId)).filter(({ action }) => action === 'payout_batch.release');
    expect(facts).toHaveLength(1);
  });

  it('is not of what was changed behind the approval', async () => {
    const batch = await program.frozen(march);
    await approve(batch, 'usr_one');
    await house.database.query(`update payout_items set amount_minor = amount_minor + 1 where batch_id = $1`, [
      batch.batchId,
    ]);
    expect(await refusal(house.payouts.release({ ...batch, actorId: 'usr_finance' }))).toBe('hash-mismatch');
  });

  it('gives back what was reserved when it is recalled before, and the next collection takes it', async () => {
    const batch = await program.frozen(march);
    await approve(batch, 'usr_one');
    expect(await program.balance('reserved', batch.batchId)).toBe(6_000n);
    await house.payouts.recall({ batchId: batch.batchId, actorId: 'usr_maker', reason: 'wrong month' });
    expect(await program.balance('reserved', batch.batchId)).toBe(0n);
    expect(await program.balance('payable', partner)).toBe(6_000n);
    expect(await refusal(house.payouts.release({ ...batch, actorId: 'usr_finance' }))).toBe('illegal-transition');
    expect(await program.draft(april)).toMatchObject({ items: 1, totalMinor: '6000' });
    expect(await program.isSound()).toBe(true);
  });

  it('is recalled or released, never both, whoever comes first', async () => {
    const batch = await program.frozen(march);
    await approve(batch, 'usr_one');
    const recall = { batchId: batch.batchId, actorId: 'usr_maker', reason: 'stop' };
    const codes = await Promise.all([
      refusal(house.payouts.release({ ...batch, actorId: 'usr_finance' })),
      refusal(house.payouts.recall(recall)),
    ]);
    expect(codes.sort()).toEqual(['illegal-transition', 'was not refused']);
    const { state } = await house.payouts.status(batch.batchId);
    expect(await program.balance('reserved', batch.batchId)).toBe(state === 'released' ? 6_000n : 0n);
    expect(await program.isSound()).toBe(true);
  });

  it('is approved or recalled when both come at once, and the ledger follows', async () => {
    const batch = await program.frozen(march);
    const recall = { batchId: batch.batchId, actorId: 'usr_maker', reason: 'stop' };
    await Promise.all([refusal(approve(batch, 'usr_one')), refusal(house.payouts.recall(recall))]);
    // An approved batch can still be recalled: whichever order, the recall stands.
    expect(await house.payouts.status(batch.batchId)).toMatchObject({ state: 'recalled' });
    expect(await program.balance('reserved', batch.batchId)).toBe(0n);
    expect(await refusal(house.payouts.recall(recall))).toBe('illegal-transition');
  });
});

describe('funds', () => {
  const funds = new Map<string, bigint>();

  beforeEach(() => {
    house.module.get(PayoutRail).balance = () => Promise.resolve(funds);
  });

  afterEach(() => {
    delete house.module.get<{ balance?: unknown }>(PayoutRail).balance;
  });

  it('keep a batch approved until the account holds what it comes to', async () => {
    await openProgram({ approvals: { role, required: 1, rules: [] } });
    const batch = await program.frozen(march);
    const spokenFor = await stillToSend();
    funds.set('USD', spokenFor + 5_999n);
    expect(await approve(batch, 'usr_one')).toMatchObject({ state: 'approved' });
    const release = { ...batch, actorId: 'usr_finance' };
    expect(await refusal(house.payouts.release(release))).toBe('insufficient-funds');
    funds.set('USD', spokenFor + 6_000n);
    expect(await house.payouts.release(release)).toMatchObject({ state: 'released' });
  });

  it('are never promised to two batches at once', async () => {
    await openProgram({ release: 'manual', approvals: { role, required: 1, rules: [] } });
    const batches = [await program.frozen(march)];
    await program.vested(partner, 6_000n, '2026-04-20T00:00:00Z');
    batches.push(await program.frozen(april));
    for (const batch of batches) await approve(batch, 'usr_one');
    funds.set('USD', (await stillToSend()) + 11_999n);
    const releases = batches.map((batch) => refusal(house.payouts.release({ ...batch, actorId: 'usr_finance' })));
    expect((await Promise.all(releases)).sort()).toEqual(['insufficient-funds', 'was not refused']);
  });

  it('are asked for again where the rail could not be asked', async () => {
    await openProgram({ approvals: { role, required: 1, rules: [] } });
    const batch = await program.frozen(march);
    house.module.get(PayoutRail).balance = () => Promise.reject(new RailUnavailable('down', 'the rail is down'));
    expect(await approve(batch, 'usr_one')).toMatchObject({ state: 'approved' });
  });

  /** What the batches of the tests before have reserved: one account pays them all. */
  async function stillToSend(): Promise<bigint> {
    const [row] = await house.database.query<{ minor: string }>(
      `select sum(item.amount_minor) as minor from payout_items item join payout_batches batch on batch.id = item.batch_id
       where batch.state = 'released' and item.state = 'reserved' and item.currency = 'USD'`,
    );
    return BigInt(row?.minor ?? 0);
  }
});

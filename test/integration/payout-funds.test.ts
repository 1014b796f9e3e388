import { RailUnavailable } from '../../libs/payouts/domain/index.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';
import { financialAccount, SandboxFixture } from '../support/stripe-sandbox.js';

const march = '2026-04-01T00:00:00Z';
const role = 'finance_approver' as const;
const approvals = { role, required: 1, rules: [] };

let poor: SandboxFixture;
let house: PayoutHouse;

beforeAll(async () => {
  // The platform's balance and the financial account hold USD 100 each.
  poor = await SandboxFixture.start({ openingBalance: 10_000n });
  house = await PayoutHouse.open({ STRIPE_API_BASE: poor.url, STRIPE_FINANCIAL_ACCOUNT: financialAccount });
  // Keys of Global Payouts are given out by the database's clock.
  house.clock.advance(Date.now() - house.clock.now().getTime());
});

beforeEach(() => poor.control.clearFaults());

afterAll(async () => {
  await house.close();
  await poor.close();
});

interface Frozen {
  program: ProgramFixture;
  batch: { batchId: string; contentHash: string };
}

async function frozen(amountMinor: bigint, payout: Parameters<PayoutHouse['program']>[1] = {}): Promise<Frozen> {
  const program = await house.program(1_000, { approvals, ...payout });
  await program.vested(await program.partner(), amountMinor, '2026-03-01T00:00:00Z');
  return { program, batch: await program.frozen(march) };
}

const approve = ({ batch }: Frozen) => house.payouts.approve({ ...batch, actorId: 'usr_checker' });
const release = ({ batch }: Frozen) => house.payouts.release({ ...batch, actorId: 'usr_finance' });

for (const rail of ['stripe-transfers', 'stripe-global-payouts'] as const) {
  test(`a batch above what the account of ${rail} holds is not released, and moves no money`, async () => {
    const large = await frozen(10_001n, { rail });
    expect(await approve(large)).toMatchObject({ state: 'approved' });
    expect(await refusal(release(large))).toBe('insufficient-funds');
    expect(await house.payouts.status(large.batch.batchId)).toMatchObject({ state: 'approved', openItems: 1 });

    // What was sent is out of the balance: the next batch has the rest of it, to the cent.
    const first = await frozen(6_000n, { rail });
    expect(await approve(first)).toMatchObject({ state: 'released' });
    expect(await approve(await frozen(4_001n, { rail }))).toMatchObject({ state: 'approved' });
    await house.payouts.paySlice(first.batch.batchId, 1);
    const second = await frozen(4_000n, { rail });
    expect(await approve(await frozen(4_001n, { rail }))).toMatchObject({ state: 'approved' });
    expect(await approve(second)).toMatchObject({ state: 'released' });
    await house.payouts.paySlice(second.batch.batchId, 1);
    expect(await house.payouts.reconcile(second.batch.batchId)).toMatchObject({ railMinor: 4_000n });
    expect(await refusal(release(large))).toBe('insufficient-funds');
    expect(await large.program.isSound()).toBe(true);
  });
}

test('while the balance cannot be read a batch stays approved, and its release is to be tried again', async () => {
  const batch = await frozen(1_000n, { rail: 'stripe-transfers' });
  const match = { path: '/v1/balance', method: 'GET' as const };
  await poor.control.strike({ kind: 'error_500_before', times: 2, match });
  expect(await approve(batch)).toMatchObject({ state: 'approved' });
  await expect(release(batch)).rejects.toBeInstanceOf(RailUnavailable);
  expect(await house.payouts.status(batch.batch.batchId)).toMatchObject({ state: 'approved' });
});

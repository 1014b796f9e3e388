import { vi } from 'vitest';
import { PayoutDestinations, PayoutDetailsService } from '../../libs/payees/index.js';
import { BankAccountTelling, PayoutRails } from '../../libs/payouts/index.js';
import type { StripeGlobalPayoutsRail } from '../../libs/payouts/rails/stripe-global-payouts.rail.js';
import { PayoutHouse, type ProgramFixture } from '../support/payout-house.js';
import { financialAccount } from '../support/stripe-sandbox.js';

const rail = 'stripe-global-payouts' as const;
const march = '2026-04-01T00:00:00Z';
const german = 'DE89370400440532013000';
const british = 'GB29NWBK60161331926819';
const intents = '/v2/money_management/outbound_setup_intents';
const dayMs = 86_400_000;

let house: PayoutHouse;
let program: ProgramFixture;
let partner: string;

beforeAll(async () => {
  house = await PayoutHouse.open({ STRIPE_FINANCIAL_ACCOUNT: financialAccount });
  // Keys of Global Payouts are given out by the database's clock.
  house.clock.advance(Date.now() - house.clock.now().getTime());
});

beforeEach(async () => {
  await house.sandbox.control.clearFaults();
  program = await house.program(1_000, { rail });
  partner = await program.partner();
  await program.vested(partner, 5_000n, '2026-03-01T00:00:00Z');
});

afterAll(() => house.close());

const telling = (of = house.module) => of.get(BankAccountTelling);

/** Asks for another account, which somebody else approves. */
async function changed(iban: string): Promise<string> {
  const details = house.module.get(PayoutDetailsService, { strict: false });
  const destination = { kind: 'iban', holder: 'Ada Perry', iban } as const;
  const asked = await details.submit({ partnerId: partner, channel: 'company', destination, actorId: 'usr_editor' });
  await details.approve({ partnerId: partner, detailsId: asked.id, actorId: 'usr_approver' });
  return asked.id;
}

/** The ending of the bank account at which the rail would pay the partner. */
async function endingAtRail(): Promise<string> {
  const [account] = await house.database.query<{ account_reference: string }>(
    `select account_reference from payout_accounts where partner_id = $1`,
    [partner],
  );
  const read = async (path: string) => (await house.sandbox.control.stripeV2('GET', path)).json();
  const recipient = (await read(`/v2/core/accounts/${account!.account_reference}`)) as {
    defaults: { payout_methods: { usd: string } };
  };
  const method = await read(`/v2/money_management/payout_methods/${recipient.defaults.payout_methods.usd}`);
  return (method as { bank_account: { last4: string } }).bank_account.last4;
}

async function findings(batchId: string): Promise<string[]> {
  const { items } = await house.payouts.listItems(batchId);
  return items.flatMap((item) => item.findings.map(({ cause }) => cause));
}

/** What the audit trail has of the telling, in order. */
async function recorded(): Promise<string[]> {
  const facts = await house.audit(partner);
  return facts.map(({ action }) => action).filter((action) => action.startsWith('payout_account.details'));
}

test('approved details are told once, by a key of their own, and pay', async () => {
  const detailsId = await changed(german);
  expect(await telling().tellAll()).toBe(1);
  expect(await endingAtRail()).toBe('3000');
  expect(await telling().tellAll()).toBe(0);
  expect(await recorded()).toEqual(['payout_account.details_told']);
  const [event] = await house.outbox<{ data: unknown }>('domain_event', partner).then((all) => all.slice(-1));
  expect(JSON.stringify(event)).toContain(detailsId);
  expect(JSON.stringify(event)).not.toContain('3000');

  const batchId = await program.released(march);
  await house.payouts.paySlice(batchId, 1);
  expect(await house.payouts.batch(batchId)).toMatchObject({ rail });
  expect(await house.payouts.reconcile(batchId)).toMatchObject({ railMinor: 5_000n });
});

test('a change is told when its cooling-off is over and not before, and one that was taken back never', async () => {
  await changed(german);
  await telling().tellAll();
  const second = await changed(british);
  expect(await telling().tellAll()).toBe(0);
  expect(await endingAtRail()).toBe('3000');
  house.clock.advance(30 * dayMs);
  expect(await telling().tellAll()).toBe(1);
  expect(await endingAtRail()).toBe('6819');

  const third = await changed(german);
  const details = house.module.get(PayoutDetailsService, { strict: false });
  await details.withdraw({ partnerId: partner, detailsId: third, actorId: 'usr_editor' });
  house.clock.advance(30 * dayMs);
  expect(await telling().tellAll()).toBe(0);
  // The same account as long before is another change, and told again.
  await changed(german);
  house.clock.advance(30 * dayMs);
  expect(await telling().tellAll()).toBe(1);
  expect(await endingAtRail()).toBe('3000');
  expect(second).not.toBe(third);
});

test('an answer that was lost is asked for again under the same key, and another change under another one', async () => {
  await changed(german);
  await house.sandbox.control.strike({ kind: 'timeout_after', match: { path: intents } });
  const set = vi.spyOn(house.module.get(PayoutRails).named(rail) as StripeGlobalPayoutsRail, 'setBankAccount');
  await expect(telling().tellAll()).rejects.toThrow();
  expect(await recorded()).toEqual([]);
  expect(await telling().tellAll()).toBe(1);
  await changed(british);
  house.clock.advance(30 * dayMs);
  await telling().tellAll();
  const keys = set.mock.calls.map(([, , { idempotencyKey }]) => idempotencyKey);
  set.mockRestore();
  expect(keys).toHaveLength(3);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
  expect(await recorded()).toEqual(['payout_account.details_told', 'payout_account.details_told']);
  expect(await endingAtRail()).toBe('6819');
});

test('two processes at once tell one change once', async () => {
  await changed(german);
  await house.sandbox.control.strike({ kind: 'latency', delayMs: 400, times: 2, match: { path: intents } });
  const told = await Promise.all([telling().tellAll(), telling().tellAll()]);
  expect(told.sort()).toEqual([0, 1]);
  expect(await recorded()).toEqual(['payout_account.details_told']);
});

test('a change that takes effect while another is about to be told is told by the next round, under its own id', async () => {
  const first = await changed(german);
  let second = '';
  const destinations = house.module.get(PayoutDestinations, { strict: false });
  const inUse = destinations.inUse.bind(destinations);
  const spy = vi.spyOn(destinations, 'inUse').mockImplementationOnce(async (partnerId) => {
    second = await changed(british);
    house.clock.advance(30 * dayMs);
    return inUse(partnerId);
  });
  expect(await telling().tellAll()).toBe(0);
  spy.mockRestore();
  expect(await recorded()).toEqual([]);
  expect(await telling().tellAll()).toBe(1);
  expect(await endingAtRail()).toBe('6819');
  const told = await house.database.query<{ id: string }>(
    `select details ->> 'detailsId' as id from audit_facts where subject_id = $1 and action = 'payout_account.details_told'`,
    [partner],
  );
  expect(told).toEqual([{ id: second }]);
  expect(second).not.toBe(first);
});

test('while the rail cannot be told the items are held, and drafting tells it first where it can', async () => {
  await changed(german);
  await house.sandbox.control.strike({ kind: 'error_500_before', match: { path: intents } });
  const drafted = await program.draft(march);
  expect(drafted).toMatchObject({ items: 0, held: 1 });
  expect(await findings(drafted.batchId ?? '')).toEqual(['bank_account_not_told']);
  await telling().tellAll();
  const edit = { batchId: drafted.batchId ?? '', remove: [], putBack: [], reason: 'again', actorId: 'usr_editor_two' };
  await house.payouts.edit(edit);
  expect(await findings(drafted.batchId ?? '')).toEqual([]);

  partner = await program.partner();
  await program.vested(partner, 5_000n, '2026-03-01T00:00:00Z');
  await changed(british);
  expect(await program.draft('2026-05-01T00:00:00Z')).toMatchObject({ items: 1 });
  expect(await endingAtRail()).toBe('6819');
});

test('an account that the rail refuses is not told again, and holds its items until there is another one', async () => {
  await changed(german);
  await house.sandbox.control.strike({ kind: 'refuse', match: { path: intents } });
  expect(await telling().tellAll()).toBe(0);
  expect(await telling().tellAll()).toBe(0);
  expect(await recorded()).toEqual(['payout_account.details_refused']);
  const { batchId = '' } = await program.draft(march);
  expect(await findings(batchId)).toEqual(['bank_account_not_told']);
  await changed(british);
  house.clock.advance(30 * dayMs);
  expect(await telling().tellAll()).toBe(1);
  expect(await endingAtRail()).toBe('6819');
});

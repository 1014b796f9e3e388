import { vi } from 'vitest';
import Stripe from 'stripe';
import { configuredRails, readEnvironment } from '../../libs/config/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { PayoutRail, RailRefusal, RailUnavailable, RailWebhookRejected } from '../../libs/payouts/domain/index.js';
import { PayoutRails } from '../../libs/payouts/payout-rails.js';
import { stripeOf } from '../../libs/payouts/rails/rail-of-environment.js';
import { ProgramsService, type ProgramDocument } from '../../libs/programs/index.js';
import { bankVariables, ibanDestination, MemoryDestinations } from '../support/bank-house.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const iso = 'iso-credit-transfer';
const transfers = 'stripe-transfers';
const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';
const destinations = new MemoryDestinations();

let house: PayoutHouse;

beforeAll(async () => {
  // The company has a bank that takes ISO 20022 files; it has none for ACH files.
  const { BANK_DEBTOR_NAME, BANK_DEBTOR_IBAN } = bankVariables;
  house = await PayoutHouse.open({ BANK_DEBTOR_NAME, BANK_DEBTOR_IBAN }, destinations.furnish);
});

beforeEach(() => house.sandbox.control.clearFaults());

afterAll(() => house.close());

/** A partner of a program with something to come in March, and a bank account. */
async function earning(program: ProgramFixture, at = '2026-03-01T00:00:00Z'): Promise<string> {
  const partner = await program.partner();
  destinations.set(partner, ibanDestination);
  await program.vested(partner, 4_000n, at);
  return partner;
}

async function rename(program: ProgramFixture, rail: ProgramDocument['payout']['rail']): Promise<void> {
  const programs = house.module.get(ProgramsService);
  const { document } = await programs.get(program.id);
  await programs.revise(program.id, { ...document, payout: { ...document.payout, rail } }, { actorId: 'usr_test' });
}

async function railsOfAttempts(batchId: string): Promise<string[]> {
  const rows = await house.database.query<{ rail: string }>(
    `select attempt.rail from payout_attempts attempt join payout_items item on item.id = attempt.item_id
     where item.batch_id = $1 order by attempt.attempt`,
    [batchId],
  );
  return rows.map(({ rail }) => rail);
}

async function accountsOf(partnerId: string): Promise<string[]> {
  const rows = await house.database.query<{ rail: string }>(
    `select rail from payout_accounts where partner_id = $1 order by rail`,
    [partnerId],
  );
  return rows.map(({ rail }) => rail);
}

test('the environment says which rails a program may name', () => {
  const env = (more: Record<string, string>) => configuredRails(readEnvironment({ ...plain(), ...more }));
  expect(env({})).toEqual([transfers]);
  expect(env({ STRIPE_FINANCIAL_ACCOUNT: 'fa_1' })).toEqual([transfers, 'stripe-global-payouts']);
  expect(env({ ...bankVariables })).toEqual([transfers, iso, 'nacha']);
  const { ACH_COMPANY_ID: _left, ...rest } = bankVariables;
  expect(env(rest)).toEqual([transfers, iso]);
  expect(env({ PAYOUT_RAIL: 'nacha' })).toEqual([transfers, 'nacha']);
  expect(env({ ...bankVariables, REHEARSAL: 'true' })).toEqual([transfers]);
});

test('each rail of Stripe knows its own events by a secret of its own', () => {
  const secrets = { transfers: 'whsec_transfers', payouts: 'whsec_payouts' };
  const variables = { STRIPE_FINANCIAL_ACCOUNT: 'fa_1', STRIPE_WEBHOOK_SECRET: secrets.transfers };
  const both = (more: Record<string, string>) =>
    stripeOf({ env: readEnvironment({ ...plain(), ...variables, ...more }) }, house.database);
  const body = JSON.stringify({ id: 'evt_1', type: 'transfer.reversed', livemode: false, data: { object: {} } });
  const takenBy = (rails: readonly PayoutRail[], secret: string) =>
    rails.flatMap((rail) => {
      try {
        const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret });
        return rail.parseWebhook(body, header).eventId === 'evt_1' ? [rail.name] : [];
      } catch (error) {
        if (error instanceof RailWebhookRejected) return [];
        throw error;
      }
    });
  const apart = both({ STRIPE_GLOBAL_PAYOUTS_WEBHOOK_SECRET: secrets.payouts });
  expect(takenBy(apart, secrets.transfers)).toEqual([transfers]);
  expect(takenBy(apart, secrets.payouts)).toEqual(['stripe-global-payouts']);
  expect(takenBy(both({}), secrets.transfers)).toEqual([transfers, 'stripe-global-payouts']);
});

/** The house's environment without what rails need. */
function plain(): Record<string, string> {
  const { BANK_DEBTOR_NAME: _name, BANK_DEBTOR_IBAN: _iban, ...env } = house.env;
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[name, String(value)]]
        : [],
    ),
  );
}

test('a rail that is unknown, or not configured, is refused with its place', async () => {
  const program = await house.program();
  const pointerOf = (rail: string): Promise<unknown> =>
    rename(program, rail as never).catch(
      (error: unknown) => error instanceof DomainError && [error.code, error.errors],
    );
  expect(await pointerOf('nacha')).toEqual([
    'invalid-document',
    [{ pointer: '/payout/rail', message: `is not configured here; there are: ${transfers}, ${iso}` }],
  ]);
  expect(await pointerOf('carrier-pigeon')).toEqual([
    'invalid-document',
    [expect.objectContaining({ pointer: '/payout/rail' })],
  ]);
  expect(await refusal(house.program(1_000, { rail: 'nacha' }))).toBe('invalid-document');
  expect((await house.module.get(ProgramsService).get(program.id)).version).toBe(1);
});

test('each program is paid by the rail that it names, and held against that one', async () => {
  const [byStandard, byFile] = [await house.program(), await house.program(1_000, { rail: iso })];
  const before = (await house.sandbox.control.totals()).transfers;
  await earning(byStandard);
  const filed = await earning(byFile);
  const [sent, written] = [await byStandard.released(march), await byFile.released(march)];
  for (const batchId of [sent, written]) await house.payouts.paySlice(batchId, 1);

  expect(await house.payouts.batch(sent)).toMatchObject({ rail: transfers });
  expect(await house.payouts.batch(written)).toMatchObject({ rail: iso });
  expect(await railsOfAttempts(sent)).toEqual([transfers]);
  expect(await railsOfAttempts(written)).toEqual([iso]);
  expect(await accountsOf(filed)).toEqual([iso]);
  expect((await house.sandbox.control.totals()).transfers - before).toBe(1);
  const instructions = await house.database.query(`select rail from bank_instructions where batch_id = $1`, [written]);
  expect(instructions).toEqual([{ rail: iso }]);
  // Asked again, each rail answers for its own: the file is not at the bank yet.
  for (const batchId of [sent, written]) await house.payouts.refreshOpenItems(batchId);
  expect(await house.payouts.status(sent)).toMatchObject({ openItems: 0 });
  expect(await house.payouts.status(written)).toMatchObject({ openItems: 1 });
  expect(await house.payouts.reconcile(sent)).toMatchObject({ agrees: true, railMinor: 4_000n });
  expect((await house.payouts.reconcile(written)).differences).toEqual([
    expect.objectContaining({ cause: 'item_open' }),
  ]);
});

test('a batch keeps the rail it was drafted for, with its retries; the next one goes by the new one', async () => {
  const program = await house.program();
  const partner = await earning(program);
  const old = await program.released(march);
  await rename(program, iso);
  await house.sandbox.control.strike({ kind: 'refuse', match: { path: '/v1/transfers' } });
  await house.payouts.paySlice(old, 1);
  const [failed] = (await house.payouts.listItems(old, { states: ['failed'] })).items;
  await house.payouts.retryItem({ itemId: failed!.id, reason: 'once more', actor: { actorId: 'usr_checker' } });
  await house.payouts.paySlice(old, 1);
  expect(await railsOfAttempts(old)).toEqual([transfers, transfers]);
  expect(await house.payouts.reconcile(old)).toMatchObject({ agrees: true, railMinor: 4_000n });

  await program.vested(partner, 3_000n, '2026-04-10T00:00:00Z');
  expect(await accountsOf(partner)).toEqual([transfers]);
  const next = await program.released(april);
  expect(await accountsOf(partner)).toEqual([iso, transfers]);
  expect(await house.payouts.batch(next)).toMatchObject({ rail: iso });
  await house.payouts.paySlice(next, 1);
  expect(await railsOfAttempts(next)).toEqual([iso]);
  expect(await program.isSound()).toBe(true);
});

test('accounts at a new rail are opened once, whatever fails in between; whom it refuses is carried', async () => {
  const program = await house.program(1_000, { rail: iso });
  const [one, two] = [await earning(program), await earning(program)];
  await program.partner();
  await rename(program, transfers);
  const rail = house.module.get(PayoutRail);
  const openAccount = rail.openAccount.bind(rail);
  let isDown = true;
  const open = vi.spyOn(rail, 'openAccount').mockImplementation((request) => {
    if (isDown) return Promise.reject(new RailUnavailable('down', 'the rail is down'));
    if (request.partnerId === one) return Promise.reject(new RailRefusal('not_allowed', 'the rail says no'));
    return openAccount(request);
  });
  try {
    await expect(program.draft(march)).rejects.toThrow('the rail is down');
    expect((await house.payouts.listBatches(program.id)).items).toEqual([]);
    isDown = false;
    expect(await program.draft(march)).toMatchObject({ items: 1, carried: { no_payout_account: 1 } });
    const accounts = [...(await accountsOf(one)), ...(await accountsOf(two))].sort();
    expect(accounts).toEqual([iso, iso, transfers]);
  } finally {
    open.mockRestore();
  }
});

test('what is on its way at a rail that is configured no more waits for it', async () => {
  const program = await house.program();
  await earning(program);
  const batchId = await program.released(march);
  await house.database.query(`update payout_batches set rail = 'stripe-global-payouts' where id = $1`, [batchId]);
  await house.payouts.paySlice(batchId, 1).then(
    () => Promise.reject(new Error('it was sent')),
    (error: unknown) => expect(error).toBeInstanceOf(RailUnavailable),
  );
  expect(await house.payouts.status(batchId)).toMatchObject({ openItems: 1 });
  expect(() => house.module.get(PayoutRails).named('stripe-global-payouts')).toThrow('is not in use');
});

test('a batch from before programs named rails goes by that of the installation', async () => {
  const program = await house.program(1_000, { rail: iso });
  await rename(program, transfers);
  await earning(program);
  const batchId = await program.released(march);
  await house.database.query(`update payout_batches set rail = null where id = $1`, [batchId]);
  expect(await house.payouts.batch(batchId)).toMatchObject({ rail: transfers });
  await house.payouts.paySlice(batchId, 1);
  expect(await railsOfAttempts(batchId)).toEqual([transfers]);
  expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 4_000n });
});

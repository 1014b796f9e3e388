import { randomUUID } from 'node:crypto';
import { Database } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { railIdempotencyKey, RailRefusal, type SendRequest } from '../../libs/payouts/domain/index.js';
import type { StripeGlobalPayoutsRail } from '../../libs/payouts/rails/stripe-global-payouts.rail.js';
import { describePayoutRailContract } from '../support/payout-rail-contract.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { createTestDatabase, type TestDatabase } from '../support/servers.js';
import { openTestAccount, SandboxFixture, sendRequestOf } from '../support/stripe-sandbox.js';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await Database.connect(testDatabase.url);
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

describePayoutRailContract('Stripe Global Payouts against the sandbox', async () => {
  const fixture = await SandboxFixture.start();
  const { control, receiver } = fixture;
  const strikes = { request_lost: 'timeout_before', answer_lost: 'timeout_after', throttled: 'throttle' } as const;
  return {
    rail: fixture.globalPayouts(database),
    currency: 'USD',
    async strike(fault) {
      if (fault === 'refused') return { accountReference: 'acct_unknown' };
      await control.strike({ kind: strikes[fault] });
      return {};
    },
    async giveBack(reference) {
      await control.movePayment(reference, 'posted');
      await control.movePayment(reference, 'returned');
    },
    async webhookOf(reference) {
      const isAbout = ({ event }: (typeof receiver.received)[number]) => event.related_object?.id === reference;
      await receiver.until((received) => received.some(isAbout));
      return receiver.received.find(isAbout)!;
    },
    close: () => fixture.close(),
  };
});

describe('Stripe Global Payouts', () => {
  let fixture: SandboxFixture;
  let rail: StripeGlobalPayoutsRail;
  let accountReference: string;

  beforeEach(async () => {
    fixture = await SandboxFixture.start({ openingBalance: 10_000n });
    rail = fixture.globalPayouts(database);
    accountReference = await openTestAccount(rail);
  });

  afterEach(() => fixture.close());

  function requestOf(changes: Partial<SendRequest> = {}): SendRequest {
    const request = sendRequestOf({ accountReference, ...changes });
    const idempotencyKey = railIdempotencyKey('test', request.itemId, request.attempt, rail.name);
    return { ...request, idempotencyKey };
  }

  const paymentOf = (request: SendRequest) => ({
    amount: { value: Number(request.amountMinor), currency: 'usd' },
    from: { currency: 'usd', financial_account: 'fa_test_sandbox' },
    to: { currency: 'usd', recipient: request.accountReference },
    metadata: {
      pactline_item: request.itemId,
      pactline_attempt: String(request.attempt),
      pactline_batch: request.batchId,
    },
  });
  const payments = '/v2/money_management/outbound_payments';

  it('tells the life of a payment: pending, settled, and returned after that, with the reason', async () => {
    const { reference } = await rail.send(requestOf());
    expect(await rail.fetch(reference)).toMatchObject({ status: 'pending', returnedMinor: 0n });
    await fixture.control.movePayment(reference, 'posted');
    expect(await rail.fetch(reference)).toMatchObject({ status: 'settled', returnedMinor: 0n });
    await fixture.control.movePayment(reference, 'returned', 'payout_method_closed');
    const returned = { status: 'returned', returnedMinor: 100n, returnCode: 'payout_method_closed' };
    expect(await rail.fetch(reference)).toMatchObject(returned);
  });

  it.each(['failed', 'canceled'] as const)('counts a payment that was taken and %s as come back', async (end) => {
    const { reference } = await rail.send(requestOf());
    if (end === 'failed') await fixture.control.movePayment(reference, 'failed', 'payout_method_declined');
    else expect((await fixture.control.stripeV2('POST', `${payments}/${reference}/cancel`, {})).status).toBe(200);
    const returnCode = end === 'failed' ? 'payout_method_declined' : 'canceled';
    expect(await rail.fetch(reference)).toMatchObject({ status: 'returned', returnedMinor: 100n, returnCode });
  });

  describe('keys of failed requests, which v2 executes again', () => {
    it('are paid by the sandbox once what was missing is there, as Stripe would', async () => {
      const kept = await rail.send(requestOf({ amountMinor: 9_000n }));
      const headers = { 'idempotency-key': randomUUID() };
      const body = paymentOf(requestOf({ amountMinor: 5_000n }));
      const refused = await fixture.control.stripeV2('POST', payments, body, headers);
      expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'insufficient_funds' } }]);
      await fixture.control.movePayment(kept.reference, 'failed');
      expect((await fixture.control.stripeV2('POST', payments, body, headers)).status).toBe(200);
    });

    it('are dead for us, in this process and in every other: nothing is sent under them again', async () => {
      const kept = await rail.send(requestOf({ amountMinor: 9_000n }));
      const request = requestOf({ amountMinor: 5_000n });
      await expect(rail.send(request)).rejects.toMatchObject({ name: 'RailRefusal', code: 'insufficient_funds' });
      await fixture.control.movePayment(kept.reference, 'failed');
      const other = fixture.globalPayouts(database);
      for (const sender of [rail, other]) await expect(sender.send(request)).rejects.toBeInstanceOf(RailRefusal);
      expect(await fixture.control.totals()).toMatchObject({ outboundPayments: 1 });
      await rail.send(requestOf({ itemId: request.itemId, attempt: 2, amountMinor: 5_000n }));
    });

    it('are forgotten once nobody may use them, and are not given out again for that', async () => {
      const request = requestOf({ amountMinor: 50_000n });
      const key = [request.idempotencyKey];
      await expect(rail.send(request)).rejects.toMatchObject({ name: 'RailRefusal', code: 'insufficient_funds' });
      const programId = await seedProgram(database);
      const partnerId = await seedPartner(database, { programId, reference: randomUUID() });
      const batchId = newId('bat');
      await database.query(
        `insert into payout_batches (id, program_id, currency, state, cut_off, total_minor, item_count, created_at, state_since)
         values ($1, $2, 'USD', 'processing', now(), 1, 1, now(), now())`,
        [batchId, programId],
      );
      await database.query(
        `insert into payout_items (id, program_id, batch_id, partner_id, amount_minor, currency, state, account_reference, state_since)
         values ($1, $2, $3, $4, 1, 'USD', 'sending', 'acct', now())`,
        [request.itemId, programId, batchId, partnerId],
      );
      await database.query(
        `insert into payout_attempts (program_id, item_id, attempt, rail, idempotency_key, parameter_hash, first_sent_at)
         values ($1, $2, 1, $3, $4, 'none', now() - interval '26 days')`,
        [programId, request.itemId, rail.name, request.idempotencyKey],
      );
      const kept = () => database.query(`select 1 from rail_keys where idempotency_key = $1`, key);
      // Another death comes while the key may still be remembered by the rail, and one when it may not.
      await expect(rail.send(requestOf({ amountMinor: 50_000n }))).rejects.toBeInstanceOf(RailRefusal);
      expect(await kept()).toHaveLength(1);
      await database.query(
        `update rail_keys set held_until = now() - interval '31 days' where idempotency_key = $1`,
        key,
      );
      await expect(rail.send(requestOf({ amountMinor: 50_000n }))).rejects.toBeInstanceOf(RailRefusal);
      expect(await kept()).toEqual([]);
      // Whoever slept since then: the money would be there now, and nothing may be sent.
      await expect(rail.send({ ...request, amountMinor: 100n })).rejects.toMatchObject({
        name: 'RailOutcomeUnknown',
        code: 'key_not_given',
      });
      expect(await fixture.control.totals()).toMatchObject({ outboundPayments: 0 });
    });

    it('are held while a request is under way: a second sender does not know the outcome', async () => {
      await fixture.control.strike({ kind: 'latency', delayMs: 300 });
      const patient = fixture.globalPayouts(database, { timeoutMs: 5_000 });
      const request = requestOf();
      const first = patient.send(request);
      const other = fixture.globalPayouts(database);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await expect(other.send(request)).rejects.toMatchObject({ name: 'RailOutcomeUnknown', code: 'key_in_use' });
      expect(await other.send(request).catch(() => first)).toEqual(await first);
      expect(await fixture.control.totals()).toMatchObject({ outboundPayments: 1 });
    });
  });

  it('resends after a 500 that had its effect, and is told of the one payment', async () => {
    await fixture.control.strike({ kind: 'error_500_after' });
    const request = requestOf();
    await expect(rail.send(request)).rejects.toMatchObject({ name: 'RailOutcomeUnknown' });
    const { reference } = await rail.send(request);
    expect((await rail.find(request))?.reference).toBe(reference);
    expect(await fixture.control.totals()).toMatchObject({ outboundPayments: 1, totalMinor: { USD: 100 } });
  });

  it('never fails an item for what is wrong with our own account', async () => {
    const closed = fixture.globalPayouts(database, { financialAccount: 'fa_test_closed' });
    const failure = { name: 'RailUnavailable', code: 'financial_account_not_open' };
    const request = requestOf();
    for (let round = 0; round < 2; round += 1) await expect(closed.send(request)).rejects.toMatchObject(failure);
  });

  it('probes over several pages, with and without the recipient', async () => {
    const first = requestOf({ amountMinor: 1n });
    const { reference } = await rail.send(first);
    const patient = fixture.globalPayouts(database, { timeoutMs: 20_000 });
    await Promise.all(Array.from({ length: 104 }, () => patient.send(requestOf({ amountMinor: 1n }))));
    expect((await rail.find(first))?.reference).toBe(reference);
    const { itemId, attempt } = first;
    expect((await rail.find({ itemId, attempt }))?.reference).toBe(reference);
    const elsewhere = await openTestAccount(rail);
    expect(await rail.find({ itemId, attempt, accountReference: elsewhere })).toBeUndefined();
  });

  it('leaves an attempt with several payments to a person', async () => {
    const request = requestOf();
    for (const key of [randomUUID(), randomUUID()]) {
      await fixture.control.stripeV2('POST', payments, paymentOf(request), { 'idempotency-key': key });
    }
    await expect(rail.find(request)).rejects.toMatchObject({ code: 'several_transfers' });
  });

  it('pays the bank account that was set last', async () => {
    const iban = { kind: 'iban', iban: 'DE89370400440532013000', country: 'DE' } as const;
    const setting = { currency: 'USD', idempotencyKey: randomUUID() };
    await rail.setBankAccount(accountReference, iban, setting);
    await rail.setBankAccount(accountReference, iban, setting);
    const { reference } = await rail.send(requestOf());
    const payment = await (await fixture.control.stripeV2('GET', `${payments}/${reference}`)).json();
    const method = (payment as { to: { payout_method: string } }).to.payout_method;
    const path = `/v2/money_management/payout_methods/${method}`;
    expect(await (await fixture.control.stripeV2('GET', path)).json()).toMatchObject({
      bank_account: { country: 'DE', last4: '3000' },
    });
  });

  it('keeps everything over a restart of the sandbox, which goes on to post what it had not posted', async () => {
    await fixture.close();
    fixture = await SandboxFixture.start({ postAfterMs: 200 });
    rail = fixture.globalPayouts(database);
    const request = requestOf({ accountReference: await openTestAccount(rail) });
    const sent = await rail.send(request);
    await fixture.restart();
    rail = fixture.globalPayouts(database);
    expect(await rail.send(request)).toEqual(sent);
    await fixture.receiver.until((received) => received.some(({ event }) => event.type.endsWith('.posted')));
    expect(await rail.find(request)).toMatchObject({ reference: sent.reference, status: 'settled' });
  });

  it('delivers thin events late, twice and out of order on demand, the same event each time', async () => {
    await fixture.control.strike({ kind: 'webhook_reorder', delayMs: 5_000 }, { kind: 'webhook_duplicate' });
    const { reference } = await rail.send(requestOf());
    await fixture.control.movePayment(reference, 'posted');
    await fixture.receiver.until((received) => received.length >= 3);
    const types = fixture.receiver.received.map(({ event }) => event.type.split('.').at(-1));
    expect(types.slice(0, 1)).toEqual(['posted']);
    expect([...types].sort()).toEqual(['created', 'posted', 'posted']);
    const read = fixture.receiver.received.map(({ rawBody, signature }) => rail.parseWebhook(rawBody, signature));
    expect(new Set(read.map(({ eventId }) => eventId)).size).toBe(2);
  });

  it('acknowledges events of v1 and of other things without a reference', async () => {
    const transfers = fixture.rail();
    const { reference } = await transfers.send(sendRequestOf({ accountReference: await openTestAccount(transfers) }));
    const isAbout = ({ event }: { event: { data?: { object: { id: string } } } }) =>
      event.data?.object.id === reference;
    await fixture.receiver.until((received) => received.some(isAbout));
    const { rawBody, signature } = fixture.receiver.received.find(isAbout)!;
    expect(rail.parseWebhook(rawBody, signature)).toMatchObject({ type: 'transfer.created', reference: undefined });
  });
});

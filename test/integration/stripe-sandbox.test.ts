import { Clock } from '../../libs/kernel/clock.js';
import type { SendRequest } from '../../libs/payouts/domain/index.js';
import type { StripeTransfersRail } from '../../libs/payouts/rails/stripe-transfers.rail.js';
import { describePayoutRailContract } from '../support/payout-rail-contract.js';
import { openTestAccount, SandboxFixture, sendRequestOf } from '../support/stripe-sandbox.js';

describePayoutRailContract('Stripe transfers against the sandbox', async () => {
  const fixture = await SandboxFixture.start();
  const { control, receiver } = fixture;
  const strikes = {
    request_lost: 'timeout_before',
    answer_lost: 'timeout_after',
    throttled: 'throttle',
  } as const;
  return {
    rail: fixture.rail(),
    currency: 'USD',
    async strike(fault) {
      if (fault === 'refused') return { accountReference: 'acct_unknown' };
      await control.strike({ kind: strikes[fault] });
      return {};
    },
    async giveBack(reference) {
      await control.stripe('POST', `/v1/transfers/${reference}/reversals`, {});
    },
    async webhookOf(reference) {
      const isAbout = ({ event }: { event: { data: { object: { id: string } } } }) =>
        event.data.object.id === reference;
      await receiver.until((received) => received.some(isAbout));
      return receiver.received.find(isAbout)!;
    },
    close: () => fixture.close(),
  };
});

describe('the Stripe sandbox', () => {
  let fixture: SandboxFixture;
  let rail: StripeTransfersRail;
  let accountReference: string;

  beforeEach(async () => {
    fixture = await SandboxFixture.start();
    rail = fixture.rail();
    accountReference = await openTestAccount(rail);
  });

  afterEach(() => fixture.close());

  const requestOf = (changes: Partial<SendRequest> = {}) => sendRequestOf({ accountReference, ...changes });

  describe('idempotency keys', () => {
    const form = () => ({ amount: '5', currency: 'usd', destination: accountReference });

    it('replays the answer, marked, under a new request id', async () => {
      const headers = { 'idempotency-key': 'key-1' };
      const first = await fixture.control.stripe('POST', '/v1/transfers', form(), headers);
      const again = await fixture.control.stripe('POST', '/v1/transfers', form(), headers);
      expect(await again.text()).toBe(await first.text());
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(again.headers.get('original-request')).toBe(first.headers.get('request-id'));
      expect(again.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
      expect((await fixture.control.totals()).transfers).toBe(1);
    });

    it('does not mind the order of parameters, but minds everything else', async () => {
      const headers = { 'idempotency-key': 'key-2' };
      await fixture.control.stripe('POST', '/v1/transfers', form(), headers);
      const reordered = Object.fromEntries(Object.entries(form()).reverse());
      expect((await fixture.control.stripe('POST', '/v1/transfers', reordered, headers)).status).toBe(200);
      const other = await fixture.control.stripe('POST', '/v1/transfers', { ...form(), amount: '6' }, headers);
      expect(other.status).toBe(400);
      expect(await other.json()).toMatchObject({ error: { type: 'idempotency_error' } });
      expect((await fixture.control.stripe('POST', '/v1/accounts', {}, headers)).status).toBe(400);
    });

    it('stores errors of what was executed, and none of validation', async () => {
      const headers = { 'idempotency-key': 'key-3' };
      const invalid = await fixture.control.stripe('POST', '/v1/transfers', { ...form(), amount: 'x' }, headers);
      expect(invalid.status).toBe(400);
      const missing = { ...form(), destination: 'acct_missing' };
      const executed = await fixture.control.stripe('POST', '/v1/transfers', missing, headers);
      expect(await executed.json()).toMatchObject({ error: { code: 'resource_missing', param: 'destination' } });
      const replayed = await fixture.control.stripe('POST', '/v1/transfers', missing, headers);
      expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([400, 'true']);
    });

    it('answers 409 while the first request is under way, which is an unknown outcome', async () => {
      await fixture.control.strike({ kind: 'latency', delayMs: 300 });
      const request = requestOf();
      const patient = fixture.rail({ timeoutMs: 10_000 });
      const outcomes = await Promise.allSettled([patient.send(request), patient.send(request)]);
      const [sent] = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      const [conflict] = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(conflict?.reason).toMatchObject({ name: 'RailOutcomeUnknown', code: 'idempotency_key_in_use' });
      expect(await patient.send(request)).toEqual(sent?.value);
      expect((await fixture.control.totals()).transfers).toBe(1);
    });

    it('pays once for fifty sends of one key at once', async () => {
      const request = requestOf();
      await Promise.allSettled(Array.from({ length: 50 }, () => rail.send(request)));
      expect(await fixture.control.totals()).toMatchObject({ transfers: 1, totalMinor: { USD: 100 } });
    });
  });

  describe('faults on demand', () => {
    it.each([
      ['timeout_before', 0],
      ['timeout_after', 1],
      ['error_500_before', 0],
      ['error_500_after', 1],
    ] as const)('%s: the outcome is unknown, and %i transfer is there', async (kind, transfers) => {
      await fixture.control.strike({ kind });
      const request = requestOf();
      await expect(rail.send(request)).rejects.toMatchObject({ name: 'RailOutcomeUnknown' });
      expect((await fixture.control.totals()).transfers).toBe(transfers);
      expect((await rail.find(request)) === undefined).toBe(transfers === 0);
    });

    it.each(['reset_before', 'reset_after'] as const)(
      '%s: the SDK resends once with the same key; a second reset makes the outcome unknown',
      async (kind) => {
        await fixture.control.strike({ kind });
        const request = requestOf();
        const sent = await rail.send(request);
        expect((await rail.find(request))?.reference).toBe(sent.reference);
        await fixture.control.strike({ kind, times: 2 });
        const second = requestOf();
        await expect(rail.send(second)).rejects.toMatchObject({ name: 'RailOutcomeUnknown', code: 'no_answer' });
        expect((await rail.find(second)) === undefined).toBe(kind === 'reset_before');
        await rail.send(second);
        expect((await fixture.control.totals()).transfers).toBe(2);
      },
    );

    it('answers a 500 for ever under the key whose request had its effect: only the probe finds it', async () => {
      await fixture.control.strike({ kind: 'error_500_after' });
      const request = requestOf();
      for (const code of ['api_error', 'api_error']) {
        await expect(rail.send(request)).rejects.toMatchObject({ name: 'RailOutcomeUnknown', code });
      }
      expect(await rail.find(request)).toMatchObject({ status: 'settled', amountMinor: 100n });
    });

    it('refuses on demand, for good under the key that was refused: the next attempt is another one', async () => {
      await fixture.control.strike({ kind: 'refuse' });
      const request = requestOf();
      for (const code of ['transfers_not_allowed', 'transfers_not_allowed']) {
        await expect(rail.send(request)).rejects.toMatchObject({ name: 'RailRefusal', code });
      }
      expect(await rail.find(request)).toBeUndefined();
      await rail.send(requestOf());
      expect((await fixture.control.totals()).transfers).toBe(1);
    });

    it('throttles with the time to wait', async () => {
      await fixture.control.strike({ kind: 'throttle', delayMs: 3_000 });
      await expect(rail.send(requestOf())).rejects.toMatchObject({ name: 'RailThrottled', retryAfterMs: 3_000 });
    });

    it('makes a read that gets no answer a rail that is away, not an outcome', async () => {
      await fixture.control.strike({ kind: 'error_500_before', match: { method: 'GET' } });
      await expect(rail.find({ itemId: 'itm_1', attempt: 1 })).rejects.toMatchObject({ name: 'RailUnavailable' });
    });

    it('strikes only what matches, as often as asked', async () => {
      await fixture.control.strike({ kind: 'error_500_before', times: 2, match: { itemId: 'itm_struck' } });
      const struck = requestOf({ itemId: 'itm_struck' });
      await rail.send(requestOf());
      await expect(rail.send(struck)).rejects.toThrow();
      await expect(rail.send(struck)).rejects.toThrow();
      await rail.send(struck);
      expect(await fixture.control.request('GET', '/sandbox/faults')).toEqual({ faults: [] });
    });

    it('strikes by chance the same requests for the same seed', async () => {
      const round = async () => {
        await fixture.control.strike({ kind: 'error_500_before', probability: 0.5, seed: 7 });
        const results = [];
        for (let index = 0; index < 20; index += 1)
          results.push(
            await rail
              .send(requestOf())
              .then(() => 1)
              .catch(() => 0),
          );
        await fixture.control.clearFaults();
        return results.join('');
      };
      const first = await round();
      expect(first).toMatch(/0/);
      expect(first).toMatch(/1/);
      expect(await round()).toBe(first);
    });

    it('refuses a fault that it does not know', async () => {
      const wrong = fixture.control.request('POST', '/sandbox/faults', { faults: [{ kind: 'flood' }] });
      await expect(wrong).rejects.toThrow(/400/);
    });
  });

  it('keeps keys for at least a day and forgets them some time after', async () => {
    const clock = new MovableClock();
    const patient = await SandboxFixture.start({ clock });
    try {
      const send = () => patient.control.stripe('POST', '/v1/accounts', {}, { 'idempotency-key': 'key' });
      const first = await (await send()).text();
      clock.hours = 25;
      expect(await (await send()).text()).toBe(first);
      clock.hours = 49;
      expect(await (await send()).text()).not.toBe(first);
    } finally {
      await patient.close();
    }
  });
});

class MovableClock extends Clock {
  hours = 0;

  now(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.hours * 3_600_000);
  }
}

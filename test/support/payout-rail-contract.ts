import { randomUUID } from 'node:crypto';
import { newId } from '../../libs/kernel/ids.js';
import {
  RailOutcomeUnknown,
  RailRefusal,
  RailThrottled,
  RailWebhookRejected,
  railIdempotencyKey,
  sumOutflow,
  type PayoutRail,
  type SendRequest,
} from '../../libs/payouts/domain/index.js';

/** How a send can go wrong at any rail. */
export type RailFault =
  | 'request_lost' // no answer, and nothing was done
  | 'answer_lost' // no answer, but it was done
  | 'throttled'
  | 'refused'; // executed, and the answer is no

/** A rail, with what a test needs to bring about what no rail does on request. */
export interface RailUnderTest {
  rail: PayoutRail;
  /** A currency in which this rail pays. */
  currency: string;
  /** Lets the next send fail in this way, or returns the changes to a request that make the rail refuse it. */
  strike(fault: RailFault): Promise<Partial<SendRequest>>;
  /** Lets the rail give all of a transfer back. */
  giveBack(reference: string): Promise<void>;
  /** A partner that this rail can pay; the tests name one that nobody has to know where it is left out. */
  partnerId?: string;
  /** The next webhook that names this transfer, as it came; left out by a rail that has none. */
  webhookOf?(reference: string): Promise<{ rawBody: string; signature: string }>;
  close(): Promise<void>;
}

/** What a rail lacks by its nature: the tests of it then hold it to having none. */
export interface RailNature {
  /** It takes what it is given at any rate. */
  isNeverThrottled?: boolean;
  /** It tells of nothing by webhooks. */
  hasNoWebhooks?: boolean;
  /** It tells no balance: batches are released on trust. */
  tellsNoBalance?: boolean;
}

/** What every rail must do, whatever it is made of: each adapter's tests call this. */
export function describePayoutRailContract(
  name: string,
  setUp: () => Promise<RailUnderTest>,
  { isNeverThrottled = false, hasNoWebhooks = false, tellsNoBalance = false }: RailNature = {},
): void {
  describe(`the payout rail contract: ${name}`, () => {
    let subject: RailUnderTest;
    let rail: PayoutRail;
    let accountReference: string;

    beforeAll(async () => {
      subject = await setUp();
      rail = subject.rail;
      ({ accountReference } = await rail.openAccount({
        partnerId: subject.partnerId ?? 'prt_contract',
        idempotencyKey: randomUUID(),
        currency: subject.currency,
      }));
    });

    afterAll(() => subject.close());

    function requestOf(changes: Partial<SendRequest> = {}): SendRequest {
      const itemId = changes.itemId ?? newId('itm');
      const attempt = changes.attempt ?? 1;
      return {
        idempotencyKey: railIdempotencyKey('contract', itemId, attempt, rail.name),
        itemId,
        attempt,
        batchId: 'bat_contract',
        accountReference,
        amountMinor: 12_345n,
        currency: subject.currency,
        ...changes,
      };
    }

    it('opens one account per key', async () => {
      const request = { partnerId: 'prt_one', idempotencyKey: randomUUID(), currency: subject.currency };
      const first = await rail.openAccount(request);
      expect(await rail.openAccount(request)).toEqual(first);
      expect(await rail.openAccount({ ...request, idempotencyKey: randomUUID() })).not.toEqual(first);
    });

    it('sends once per key, and reads back exactly what was sent', async () => {
      const request = requestOf();
      const sent = await rail.send(request);
      expect(await rail.send(request)).toEqual(sent);
      const transfer = await rail.fetch(sent.reference);
      expect(transfer).toMatchObject({
        reference: sent.reference,
        amountMinor: request.amountMinor,
        returnedMinor: 0n,
        currency: request.currency,
        accountReference,
        itemId: request.itemId,
        attempt: 1,
        batchId: request.batchId,
      });
      expect(['pending', 'settled']).toContain(transfer.status);
      expect(await rail.find(request)).toEqual(transfer);
    });

    it('finds nothing for an attempt that was never made', async () => {
      const request = requestOf();
      await rail.send(request);
      expect(await rail.find({ itemId: request.itemId, attempt: 2 })).toBeUndefined();
      expect(await rail.find({ itemId: newId('itm'), attempt: 1 })).toBeUndefined();
    });

    it('never takes a key that was used for something else as a refusal: it may have paid', async () => {
      const request = requestOf();
      await rail.send(request);
      await expect(rail.send({ ...request, amountMinor: 1n })).rejects.toBeInstanceOf(RailOutcomeUnknown);
      expect((await rail.find(request))?.amountMinor).toBe(request.amountMinor);
    });

    it('does not know the outcome when the answer is lost; the probe and a resend find the one transfer', async () => {
      const request = requestOf(await subject.strike('answer_lost'));
      await expect(rail.send(request)).rejects.toBeInstanceOf(RailOutcomeUnknown);
      const found = await rail.find(request);
      expect(found?.amountMinor).toBe(request.amountMinor);
      expect(await rail.send(request)).toMatchObject({ reference: found?.reference });
    });

    it('does not know the outcome when the request is lost; the probe finds nothing and a resend pays once', async () => {
      const request = requestOf(await subject.strike('request_lost'));
      await expect(rail.send(request)).rejects.toBeInstanceOf(RailOutcomeUnknown);
      expect(await rail.find(request)).toBeUndefined();
      const { reference } = await rail.send(request);
      expect((await rail.find(request))?.reference).toBe(reference);
    });

    if (isNeverThrottled) {
      it('takes fifty payments at once, and each of them once though each is sent three times', async () => {
        const batchId = `bat_${randomUUID()}`;
        const requests = Array.from({ length: 50 }, () => requestOf({ batchId, amountMinor: 7n }));
        const sent = await Promise.all([...requests, ...requests, ...requests].map((request) => rail.send(request)));
        expect(new Set(sent.map(({ reference }) => reference)).size).toBe(50);
        expect(await sumOutflow(rail.listTransfers({ batchId }))).toEqual(new Map([[subject.currency, 350n]]));
      });
    } else {
      it('says when to come back when it is throttled, and the same key pays then', throttled);
    }

    async function throttled(): Promise<void> {
      const request = requestOf(await subject.strike('throttled'));
      const failure: unknown = await rail.send(request).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RailThrottled);
      expect((failure as RailThrottled).retryAfterMs).toBeGreaterThan(0);
      await rail.send(request);
    }

    it('refuses for good, with a code, and pays nothing', async () => {
      const request = requestOf(await subject.strike('refused'));
      for (const round of [1, 2]) {
        const failure: unknown = await rail.send(request).catch((error: unknown) => error);
        expect([round, failure]).toEqual([round, expect.any(RailRefusal)]);
        expect((failure as RailRefusal).code).toMatch(/^[a-z0-9_]+$/);
      }
      expect(await rail.find(request)).toBeUndefined();
    });

    it('refuses to read a transfer that it does not know', async () => {
      await expect(rail.fetch('tr_unknown')).rejects.toBeInstanceOf(RailRefusal);
    });

    it('tells of money that came back, and nets it out of the batch', async () => {
      const batchId = `bat_${randomUUID()}`;
      const kept = await rail.send(requestOf({ batchId, amountMinor: 700n }));
      const returned = await rail.send(requestOf({ batchId, amountMinor: 300n }));
      await subject.giveBack(returned.reference);
      expect(await rail.fetch(returned.reference)).toMatchObject({ status: 'returned', returnedMinor: 300n });
      const listed: string[] = [];
      for await (const transfer of rail.listTransfers({ batchId })) listed.push(transfer.reference);
      expect(listed.sort()).toEqual([kept.reference, returned.reference].sort());
      expect(await sumOutflow(rail.listTransfers({ batchId }))).toEqual(new Map([[subject.currency, 700n]]));
    });

    if (tellsNoBalance) {
      it('says nothing of a balance', () => {
        expect('balance' in rail).toBe(false);
      });
    } else {
      it('tells what its account can pay, less what was sent and with what came back', balances);
    }

    async function balances(): Promise<void> {
      const held = async () => (await rail.balance!()).get(subject.currency) ?? 0n;
      const before = await held();
      const { reference } = await rail.send(requestOf({ amountMinor: 700n }));
      expect(await held()).toBe(before - 700n);
      await subject.giveBack(reference);
      expect(await held()).toBe(before);
    }

    if (hasNoWebhooks) {
      it('takes nothing for a webhook of its own', async () => {
        const { reference } = await rail.send(requestOf());
        for (const body of [JSON.stringify({ id: 'evt_1', type: 'transfer.created', reference }), '']) {
          expect(() => rail.parseWebhook(body, 't=1,v1=00')).toThrow(RailWebhookRejected);
        }
      });
    } else {
      it('reads its own webhooks and rejects every other', webhooks);
    }

    async function webhooks(): Promise<void> {
      const { reference } = await rail.send(requestOf());
      const { rawBody, signature } = await subject.webhookOf!(reference);
      expect(rail.parseWebhook(rawBody, signature)).toMatchObject({ reference });
      expect(rail.parseWebhook(Buffer.from(rawBody), signature).eventId).not.toBe('');
      const forged = rawBody.replace(reference, reference.split('').reverse().join(''));
      for (const [body, header] of [
        [forged, signature],
        [rawBody, ''],
        [rawBody, 't=1,v1=00'],
        ['', signature],
      ] as const) {
        expect(() => rail.parseWebhook(body, header)).toThrow(RailWebhookRejected);
      }
    }
  });
}

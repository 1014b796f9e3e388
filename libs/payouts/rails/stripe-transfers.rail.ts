import type Stripe from 'stripe';
import { isCurrency } from '../../kernel/currency.js';
import {
  PayoutRail,
  type OpenAccountRequest,
  type RailEvent,
  type RailTransfer,
  type RailTransferFilter,
  type SendRequest,
  type SentTransfer,
} from '../domain/payout-rail.js';
import { RailOutcomeUnknown, RailRefusal, RailWebhookRejected } from '../domain/rail-failures.js';
import { fromStripeAmount, fromStripeBalance, toStripeAmount } from './stripe-amounts.js';
import {
  attemptOf,
  callStripe,
  limitedAccountOf,
  metadataKeys,
  stripeClientOf,
  type StripeRailOptions,
} from './stripe-client.js';

export type { StripeRailOptions } from './stripe-client.js';

const hourMs = 3_600_000;

/** Stripe's largest page. */
const pageSize = 100;

/**
 * The rail over Stripe Connect transfers to connected accounts.
 *
 * @throws RangeError for options that cannot work, and for a live key that would go anywhere but to Stripe
 */
export function createStripeRail(options: StripeRailOptions): StripeTransfersRail {
  const { stripe, isLive } = stripeClientOf(options);
  return new StripeTransfersRail(stripe, options, isLive);
}

export class StripeTransfersRail extends PayoutRail {
  readonly name = 'stripe-transfers';
  override readonly limitedAccount: string;
  override readonly creationEvents = ['transfer.created'];

  /** Whether an address other than Stripe's own is used. */
  readonly isSandbox: boolean;

  private readonly webhookSecret: string;

  /** Stripe keeps keys for at least 24 h; four of them are left for clocks and for requests under way. */
  readonly resendWindowMs = 20 * hourMs;

  constructor(
    private readonly stripe: Stripe,
    options: StripeRailOptions,
    readonly isLive: boolean,
  ) {
    super();
    this.webhookSecret = options.webhookSecret;
    this.isSandbox = options.apiBase !== undefined;
    this.limitedAccount = limitedAccountOf(options);
  }

  async openAccount(request: OpenAccountRequest): Promise<{ accountReference: string }> {
    const account = await callStripe('opening an account', 'write', () =>
      this.stripe.accounts.create(
        {
          type: 'express',
          default_currency: request.currency.toLowerCase(),
          capabilities: { transfers: { requested: true } },
          metadata: { pactline_partner: request.partnerId },
          ...(request.country === undefined ? {} : { country: request.country }),
        },
        { idempotencyKey: request.idempotencyKey },
      ),
    );
    return { accountReference: account.id };
  }

  async send(request: SendRequest): Promise<SentTransfer> {
    const { amountMinor, currency } = request;
    const amount = isCurrency(currency) && amountMinor > 0n ? Number(toStripeAmount(amountMinor, currency)) : NaN;
    if (!Number.isSafeInteger(amount)) {
      throw new RailRefusal('amount_not_representable', 'sending a transfer: Stripe cannot express this amount');
    }
    const transfer = await callStripe('sending a transfer', 'write', () =>
      this.stripe.transfers.create(
        {
          amount,
          currency: currency.toLowerCase(),
          destination: request.accountReference,
          transfer_group: transferGroup(request),
          metadata: {
            [metadataKeys.item]: request.itemId,
            [metadataKeys.attempt]: String(request.attempt),
            [metadataKeys.batch]: request.batchId,
          },
        },
        { idempotencyKey: request.idempotencyKey },
      ),
    );
    return { reference: transfer.id, transfer: toRailTransfer(transfer) };
  }

  async find(attempt: { itemId: string; attempt: number }): Promise<RailTransfer | undefined> {
    const page = await callStripe('probing for a transfer', 'read', () =>
      this.stripe.transfers.list({ transfer_group: transferGroup(attempt), limit: 2 }),
    );
    if (page.data.length > 1) {
      throw new RailOutcomeUnknown('several_transfers', 'probing for a transfer: one attempt has several transfers');
    }
    const [transfer] = page.data;
    return transfer && toRailTransfer(transfer);
  }

  async fetch(reference: string): Promise<RailTransfer> {
    return toRailTransfer(
      await callStripe('reading a transfer', 'read', () => this.stripe.transfers.retrieve(reference)),
    );
  }

  async *listTransfers({ batchId, createdFrom, createdBefore }: RailTransferFilter): AsyncGenerator<RailTransfer> {
    // Stripe counts whole seconds: widen the range rather than miss a transfer.
    const created = {
      ...(createdFrom && { gte: Math.floor(createdFrom.getTime() / 1000) }),
      ...(createdBefore && { lt: Math.ceil(createdBefore.getTime() / 1000) }),
    };
    let after: string | undefined;
    do {
      const params = { limit: pageSize, created, ...(after === undefined ? {} : { starting_after: after }) };
      const page = await callStripe('listing transfers', 'read', () => this.stripe.transfers.list(params));
      for (const transfer of page.data) {
        // Stripe cannot filter by metadata.
        if (batchId === undefined || transfer.metadata[metadataKeys.batch] === batchId) yield toRailTransfer(transfer);
      }
      after = page.has_more ? page.data.at(-1)?.id : undefined;
    } while (after !== undefined);
  }

  /** What transfers may take: the platform's available balance. */
  override async balance(): Promise<ReadonlyMap<string, bigint>> {
    const { available } = await callStripe('reading the balance', 'read', () => this.stripe.balance.retrieve());
    return fromStripeBalance(available);
  }

  parseWebhook(rawBody: string | Uint8Array, signatureHeader: string): RailEvent {
    const event = this.verifiedEvent(rawBody, signatureHeader);
    if (typeof event.id !== 'string' || typeof event.type !== 'string' || event.livemode !== this.isLive) {
      throw new RailWebhookRejected('the webhook is no event of this mode of Stripe');
    }
    const object: unknown = event.data?.object;
    return { eventId: event.id, type: event.type, reference: transferReference(object) };
  }

  private verifiedEvent(rawBody: string | Uint8Array, signatureHeader: string): Partial<Stripe.Event> {
    const body = typeof rawBody === 'string' ? rawBody : Buffer.from(rawBody);
    try {
      return this.stripe.webhooks.constructEvent(body, signatureHeader, this.webhookSecret);
    } catch {
      // The SDK's error carries the whole body, which is personal data of somebody: say no more than this.
      throw new RailWebhookRejected('the webhook is not signed by Stripe, too old, or unreadable');
    }
  }
}

/** Lists filter by it, so it is how an attempt is found again. */
function transferGroup({ itemId, attempt }: { itemId: string; attempt: number }): string {
  return `${itemId}/${attempt}`;
}

function transferReference(object: unknown): string | undefined {
  if (typeof object !== 'object' || object === null || !('object' in object) || !('id' in object)) return undefined;
  return object.object === 'transfer' && typeof object.id === 'string' ? object.id : undefined;
}

/** A Connect transfer has no life of its own: made means settled, fully reversed means returned (money.md, Stripe). */
function toRailTransfer(transfer: Stripe.Transfer): RailTransfer {
  const currency = transfer.currency.toUpperCase();
  const { destination, metadata } = transfer;
  return {
    reference: transfer.id,
    status: transfer.reversed ? 'returned' : 'settled',
    amountMinor: fromStripeAmount(BigInt(transfer.amount), currency),
    returnedMinor: fromStripeAmount(BigInt(transfer.amount_reversed), currency),
    currency,
    accountReference: typeof destination === 'string' ? destination : destination?.id,
    itemId: metadata[metadataKeys.item],
    attempt: attemptOf(metadata),
    batchId: metadata[metadataKeys.batch],
    createdAt: new Date(transfer.created * 1000),
  };
}

import type Stripe from 'stripe';
import type { Database } from '../../database/index.js';
import { isCurrency } from '../../kernel/currency.js';
import {
  PayoutRail,
  type OpenAccountRequest,
  type RailBankAccount,
  type RailAttempt,
  type RailEvent,
  type RailTransfer,
  type RailTransferFilter,
  type RailTransferStatus,
  type SendRequest,
} from '../domain/payout-rail.js';
import { RailOutcomeUnknown, RailRefusal, RailUnavailable, RailWebhookRejected } from '../domain/rail-failures.js';
import { KeyFence } from './key-fence.js';
import { fromStripeAmount, fromStripeBalance, toStripeAmount } from './stripe-amounts.js';
import {
  attemptOf,
  callStripe,
  limitedAccountOf,
  metadataKeys,
  stripeClientOf,
  type StripeRailOptions,
} from './stripe-client.js';

export interface StripeGlobalPayoutsOptions extends StripeRailOptions {
  /** The financial account that is paid from (`fa_…`). */
  financialAccount: string;
}

type OutboundPayment = Stripe.V2.MoneyManagement.OutboundPayment;

const rail = 'stripe-global-payouts';

const dayMs = 24 * 3_600_000;

/** v2 knows keys for 30 days; five of them are left for clocks, queues and requests under way. */
const resendWindowMs = 25 * dayMs;

const pageSize = 100;

/** What is wrong with our own account and not with the item: the item waits until somebody has put it right. */
const ownFaults: ReadonlySet<string> = new Set(['feature_not_enabled', 'financial_account_not_open', 'quota_exceeded']);

/** A payment that failed or was canceled after it was taken came back whole, like one that a bank returned. */
const statuses: Readonly<Record<OutboundPayment['status'], RailTransferStatus>> = {
  processing: 'pending',
  posted: 'settled',
  failed: 'returned',
  canceled: 'returned',
  returned: 'returned',
};

/**
 * The rail over Stripe Global Payouts: recipients of `/v2/core/accounts`, paid at their bank by OutboundPayments.
 *
 * @param database where dead keys are fenced, since v2 executes failed requests again
 * @throws RangeError for options that cannot work, and for a live key that would go anywhere but to Stripe
 */
export function createStripeGlobalPayoutsRail(
  options: StripeGlobalPayoutsOptions,
  database: Database,
): StripeGlobalPayoutsRail {
  if (!/^fa_\w+$/.test(options.financialAccount)) throw new RangeError('the financial account must be fa_…');
  const { stripe, isLive, timeoutMs } = stripeClientOf(options);
  const settings = { ...options, isLive, limitedAccount: limitedAccountOf(options), callMs: 2 * timeoutMs };
  return new StripeGlobalPayoutsRail(stripe, new KeyFence(database, rail, resendWindowMs), settings);
}

export class StripeGlobalPayoutsRail extends PayoutRail {
  readonly name = rail;
  readonly isLive: boolean;
  override readonly limitedAccount: string;

  readonly resendWindowMs = resendWindowMs;

  constructor(
    private readonly stripe: Stripe,
    private readonly fence: KeyFence,
    private readonly settings: {
      webhookSecret: string;
      financialAccount: string;
      isLive: boolean;
      limitedAccount: string;
      /** The longest that a call can take, with the one resend that the SDK makes by itself. */
      callMs: number;
    },
  ) {
    super();
    this.isLive = settings.isLive;
    this.limitedAccount = settings.limitedAccount;
  }

  async openAccount(request: OpenAccountRequest): Promise<{ accountReference: string }> {
    const account = await callStripe('opening a recipient', 'write', () =>
      this.stripe.v2.core.accounts.create(
        {
          configuration: { recipient: { capabilities: { bank_accounts: { local: { requested: true } } } } },
          dashboard: 'none',
          defaults: { currency: request.currency.toLowerCase() },
          metadata: { pactline_partner: request.partnerId },
          ...(request.country === undefined ? {} : { identity: { country: request.country } }),
        },
        { idempotencyKey: request.idempotencyKey },
      ),
    );
    return { accountReference: account.id };
  }

  override async setBankAccount(
    accountReference: string,
    bankAccount: RailBankAccount,
    { currency, idempotencyKey }: { currency: string; idempotencyKey: string },
  ): Promise<void> {
    const code = currency.toLowerCase();
    const intent = await callStripe('setting a bank account up', 'write', () =>
      this.stripe.v2.moneyManagement.outboundSetupIntents.create(
        {
          usage_intent: 'payment',
          payout_method_data: { type: 'bank_account', bank_account: { ...bankFields(bankAccount), currency: code } },
        },
        { idempotencyKey, stripeContext: accountReference },
      ),
    );
    const method = intent.payout_method?.id;
    if (intent.status !== 'succeeded' || method === undefined) {
      throw new RailRefusal(
        'payout_method_not_ready',
        'setting a bank account up: the rail asks the recipient for more',
      );
    }
    await callStripe('choosing a bank account', 'write', () =>
      this.stripe.v2.core.accounts.update(
        accountReference,
        { defaults: { payout_methods: { [code]: method } } },
        { idempotencyKey: `${idempotencyKey}/default` },
      ),
    );
  }

  async send(request: SendRequest): Promise<{ reference: string }> {
    const amount = stripeValue(request);
    const currency = request.currency.toLowerCase();
    const payment = await this.fence.guard(request.idempotencyKey, this.settings.callMs, () =>
      callStripe('sending a payment', 'write', () =>
        this.stripe.v2.moneyManagement.outboundPayments.create(
          {
            amount: { value: amount, currency },
            from: { currency, financial_account: this.settings.financialAccount },
            to: { currency, recipient: request.accountReference },
            metadata: {
              [metadataKeys.item]: request.itemId,
              [metadataKeys.attempt]: String(request.attempt),
              [metadataKeys.batch]: request.batchId,
            },
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      ).catch((error: unknown) => {
        throw asOwnFault(error);
      }),
    );
    return { reference: payment.id };
  }

  /**
   * Lists cannot be searched by metadata: all payments to the recipient are read and compared, or all payments there are
   * where it is not known.
   */
  async find({ itemId, attempt, accountReference }: RailAttempt): Promise<RailTransfer | undefined> {
    const found: RailTransfer[] = [];
    const filter = accountReference === undefined ? {} : { recipient: accountReference };
    for await (const transfer of this.payments('probing for a payment', filter)) {
      if (transfer.itemId === itemId && transfer.attempt === attempt) found.push(transfer);
    }
    if (found.length > 1) {
      throw new RailOutcomeUnknown('several_transfers', 'probing for a payment: one attempt has several payments');
    }
    return found[0];
  }

  async fetch(reference: string): Promise<RailTransfer> {
    return toRailTransfer(
      await callStripe('reading a payment', 'read', () =>
        this.stripe.v2.moneyManagement.outboundPayments.retrieve(reference),
      ),
    );
  }

  async *listTransfers({ batchId, createdFrom, createdBefore }: RailTransferFilter): AsyncGenerator<RailTransfer> {
    // In whole seconds, and only the lower bound: were the unit another one, the rail would list too much, never too little.
    const filter = createdFrom === undefined ? {} : { created: { gte: Math.floor(createdFrom.getTime() / 1000) } };
    for await (const transfer of this.payments('listing payments', filter)) {
      const isWanted =
        (batchId === undefined || transfer.batchId === batchId) &&
        (createdFrom === undefined || transfer.createdAt >= createdFrom) &&
        (createdBefore === undefined || transfer.createdAt < createdBefore);
      if (isWanted) yield transfer;
    }
  }

  /** What the financial account that is paid from has available. */
  override async balance(): Promise<ReadonlyMap<string, bigint>> {
    const { balance } = await callStripe('reading the balance', 'read', () =>
      this.stripe.v2.moneyManagement.financialAccounts.retrieve(this.settings.financialAccount),
    );
    const available = Object.entries(balance.available);
    return fromStripeBalance(available.map(([currency, { value }]) => ({ currency, amount: Number(value) })));
  }

  parseWebhook(rawBody: string | Uint8Array, signatureHeader: string): RailEvent {
    const { id, type, livemode, related_object: related } = this.verifiedEvent(rawBody, signatureHeader);
    if (typeof id !== 'string' || typeof type !== 'string' || livemode !== this.isLive) {
      throw new RailWebhookRejected('the webhook is no event of this mode of Stripe');
    }
    const paymentId = related?.type === 'v2.money_management.outbound_payment' ? related.id : undefined;
    return { eventId: id, type, reference: typeof paymentId === 'string' ? paymentId : undefined };
  }

  private verifiedEvent(rawBody: string | Uint8Array, signatureHeader: string): ThinEvent {
    const body = typeof rawBody === 'string' ? rawBody : Buffer.from(rawBody);
    const { signature, DEFAULT_TOLERANCE: tolerance } = this.stripe.webhooks;
    try {
      if (!signature) throw new Error('the SDK cannot check signatures');
      signature.verifyHeader(body, signatureHeader, this.settings.webhookSecret, tolerance);
      // Read by ourselves: the SDK refuses events of v1, which are well signed and nothing that concerns this rail.
      return Object(JSON.parse(body.toString())) as ThinEvent;
    } catch {
      // The SDK's error carries the whole body: say no more than this.
      throw new RailWebhookRejected('the webhook is not signed by Stripe, too old, or unreadable');
    }
  }

  private async *payments(
    action: string,
    filter: Stripe.V2.MoneyManagement.OutboundPaymentListParams,
  ): AsyncGenerator<RailTransfer> {
    const list = this.stripe.v2.moneyManagement.outboundPayments.list({ ...filter, limit: pageSize });
    const payments = list[Symbol.asyncIterator]();
    for (;;) {
      const next = await callStripe(action, 'read', () => payments.next());
      if (next.done === true) return;
      yield toRailTransfer(next.value);
    }
  }
}

/** What is read of a thin event; nothing of it is taken on trust but what it names. */
interface ThinEvent {
  id?: unknown;
  type?: unknown;
  livemode?: unknown;
  related_object?: { id?: unknown; type?: unknown } | null;
}

/** The amount as Stripe writes it. @throws RailRefusal where Stripe cannot express it exactly */
function stripeValue({ amountMinor, currency }: SendRequest): number {
  const value = isCurrency(currency) && amountMinor > 0n ? Number(toStripeAmount(amountMinor, currency)) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new RailRefusal('amount_not_representable', 'sending a payment: Stripe cannot express this amount');
}

function asOwnFault(error: unknown): unknown {
  return error instanceof RailRefusal && ownFaults.has(error.code)
    ? new RailUnavailable(error.code, error.message)
    : error;
}

function bankFields(bankAccount: RailBankAccount) {
  return bankAccount.kind === 'iban'
    ? {
        account_number: bankAccount.iban,
        country: bankAccount.country,
        ...(bankAccount.bic === undefined ? {} : { swift_code: bankAccount.bic }),
      }
    : {
        account_number: bankAccount.accountNumber,
        bank_account_type: bankAccount.accountType,
        country: 'US',
        routing_number: bankAccount.routingNumber,
      };
}

function toRailTransfer(payment: OutboundPayment): RailTransfer {
  const currency = payment.amount.currency.toUpperCase();
  const amountMinor = fromStripeAmount(BigInt(payment.amount.value), currency);
  const status = statuses[payment.status];
  const metadata = payment.metadata ?? {};
  const details = payment.status_details ?? undefined;
  const reason = details?.returned?.reason ?? details?.failed?.reason ?? payment.status;
  return {
    reference: payment.id,
    status,
    amountMinor,
    returnedMinor: status === 'returned' ? amountMinor : 0n,
    currency,
    ...(status === 'returned' ? { returnCode: reason } : {}),
    accountReference: payment.to.recipient,
    itemId: metadata[metadataKeys.item],
    attempt: attemptOf(metadata),
    batchId: metadata[metadataKeys.batch],
    createdAt: new Date(payment.created),
  };
}

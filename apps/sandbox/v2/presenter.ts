import { toSafeNumber } from '../../../libs/kernel/money.js';
import type { PaymentStatus, SandboxPayment, SandboxPayoutMethod, SandboxRecipient, ThinEvent } from './objects.js';

export function recipientBody(recipient: SandboxRecipient): Record<string, unknown> {
  const local = { status: 'active', status_details: [] };
  return {
    id: recipient.id,
    object: 'v2.core.account',
    applied_configurations: ['recipient'],
    closed: false,
    configuration: {
      recipient: {
        applied: true,
        capabilities: recipient.takesBankPayments ? { bank_accounts: { local } } : {},
      },
    },
    created: instant(recipient.createdMs),
    dashboard: 'none',
    defaults: { currency: recipient.currency, payout_methods: recipient.payoutMethods },
    identity: { country: recipient.country },
    livemode: false,
    metadata: recipient.metadata,
  };
}

/** A financial account with what it holds, in Stripe's smallest unit by currency (lower case). */
export function financialAccountBody(
  id: string,
  status: 'open' | 'closed',
  available: readonly (readonly [currency: string, amount: bigint])[],
): Record<string, unknown> {
  const amounts = available.map(([currency, amount]) => [currency, { currency, value: toSafeNumber(amount) }]);
  return {
    id,
    object: 'v2.money_management.financial_account',
    balance: { available: Object.fromEntries(amounts) as unknown, inbound_pending: {}, outbound_pending: {} },
    country: 'US',
    created: instant(0),
    livemode: false,
    status,
    storage: { holds_currencies: available.map(([currency]) => currency) },
    type: 'storage',
  };
}

export function setupIntentBody(method: SandboxPayoutMethod): Record<string, unknown> {
  return {
    id: method.id.replace('pm_', 'osi_'),
    object: 'v2.money_management.outbound_setup_intent',
    created: instant(method.createdMs),
    livemode: false,
    payout_method: payoutMethodBody(method),
    status: 'succeeded',
    usage_intent: 'payment',
  };
}

export function payoutMethodBody(method: SandboxPayoutMethod): Record<string, unknown> {
  return {
    id: method.id,
    object: 'v2.money_management.payout_method',
    archived: false,
    bank_account: {
      bank_account_type: 'checking',
      bank_name: 'Sandbox Bank',
      country: method.country,
      last4: method.last4,
      supported_currencies: [method.currency],
    },
    created: instant(method.createdMs),
    livemode: false,
    restricted: false,
    type: 'bank_account',
    usage_status: { payments: 'eligible', transfers: 'disabled' },
  };
}

export function paymentBody(payment: SandboxPayment): Record<string, unknown> {
  const amount = { value: payment.amount, currency: payment.currency };
  const { status, reason, transitions } = payment;
  const at = (name: PaymentStatus) => {
    const ms = transitions[name];
    return ms === undefined ? {} : { [`${name}_at`]: instant(ms) };
  };
  return {
    id: payment.id,
    object: 'v2.money_management.outbound_payment',
    amount,
    cancelable: status === 'processing',
    created: instant(payment.createdMs),
    ...(payment.description === undefined ? {} : { description: payment.description }),
    from: { debited: amount, financial_account: payment.financialAccount },
    livemode: false,
    metadata: payment.metadata,
    recipient_notification: { setting: 'configured' },
    statement_descriptor: 'STRIPE',
    status,
    ...(reason === undefined ? {} : { status_details: { [status]: { reason } } }),
    status_transitions: { ...at('posted'), ...at('failed'), ...at('canceled'), ...at('returned') },
    to: { credited: amount, payout_method: payment.payoutMethod, recipient: payment.recipient },
  };
}

/** A thin event as it is delivered: what it is about, never how it is. */
export function thinEventBody(event: ThinEvent): Record<string, unknown> {
  return {
    id: event.id,
    object: 'v2.core.event',
    created: instant(event.createdMs),
    livemode: false,
    related_object: {
      id: event.paymentId,
      type: 'v2.money_management.outbound_payment',
      url: `/v2/money_management/outbound_payments/${event.paymentId}`,
    },
    type: event.type,
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

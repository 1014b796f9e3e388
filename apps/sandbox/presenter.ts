import type { SandboxAccount, SandboxEvent, SandboxReversal, SandboxState, SandboxTransfer } from './state.js';

/** The version of Stripe's API whose shapes the sandbox speaks. */
export const apiVersion = '2026-10-28.endive';

/** How many of its reversals a transfer shows. */
const reversalsShown = 10;

export function accountBody(account: SandboxAccount): Record<string, unknown> {
  return {
    id: account.id,
    object: 'account',
    type: account.type,
    country: account.country,
    default_currency: account.default_currency,
    created: account.created,
    capabilities: { transfers: 'active' },
    charges_enabled: false,
    payouts_enabled: true,
    details_submitted: true,
    metadata: account.metadata,
  };
}

export function reversalBody(reversal: SandboxReversal): Record<string, unknown> {
  return {
    id: reversal.id,
    object: 'transfer_reversal',
    amount: reversal.amount,
    balance_transaction: reversal.id.replace('trr_', 'txn_'),
    created: reversal.created,
    currency: reversal.currency,
    destination_payment_refund: null,
    metadata: reversal.metadata,
    source_refund: null,
    transfer: reversal.transfer,
  };
}

export function transferBody(state: SandboxState, transfer: SandboxTransfer): Record<string, unknown> {
  const reversals = state.reversalsOf(transfer.id);
  return transferBodyWith(transfer, reversals);
}

/** The transfer as it is once these are its reversals, oldest first. */
export function transferBodyWith(
  transfer: SandboxTransfer,
  reversals: readonly SandboxReversal[],
): Record<string, unknown> {
  const amountReversed = reversals.reduce((sum, { amount }) => sum + amount, 0);
  return {
    id: transfer.id,
    object: 'transfer',
    amount: transfer.amount,
    amount_reversed: amountReversed,
    balance_transaction: transfer.id.replace('tr_', 'txn_'),
    created: transfer.created,
    currency: transfer.currency,
    description: transfer.description,
    destination: transfer.destination,
    destination_payment: transfer.id.replace('tr_', 'py_'),
    livemode: false,
    metadata: transfer.metadata,
    reversals: {
      object: 'list',
      data: [...reversals].reverse().slice(0, reversalsShown).map(reversalBody),
      has_more: reversals.length > reversalsShown,
      url: `/v1/transfers/${transfer.id}/reversals`,
    },
    reversed: amountReversed === transfer.amount,
    source_transaction: null,
    source_type: 'card',
    transfer_group: transfer.transfer_group,
  };
}

export function eventBody(event: SandboxEvent): Record<string, unknown> {
  return {
    id: event.id,
    object: 'event',
    api_version: apiVersion,
    created: event.created,
    data: { object: event.object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: event.type,
  };
}

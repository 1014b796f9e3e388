/** A recipient account, as far as the sandbox keeps it: no personal data of the request is stored. */
export interface SandboxRecipient {
  id: string;
  /** Milliseconds since 1970. */
  createdMs: number;
  country: string;
  /** Lower case. */
  currency: string;
  /** Whether payments to its bank accounts were asked for. */
  takesBankPayments: boolean;
  /** By currency in lower case: the payout method that is paid where a payment names none. */
  payoutMethods: Record<string, string>;
  metadata: Record<string, string>;
}

/** Where a recipient is paid; of the account number only its last four characters are kept. */
export interface SandboxPayoutMethod {
  id: string;
  createdMs: number;
  recipient: string;
  country: string;
  currency: string;
  last4: string;
}

export type PaymentStatus = 'processing' | 'posted' | 'failed' | 'canceled' | 'returned';

export interface SandboxPayment {
  id: string;
  createdMs: number;
  /** In Stripe's smallest unit of the currency. */
  amount: number;
  /** Lower case. */
  currency: string;
  financialAccount: string;
  recipient: string;
  payoutMethod: string;
  description: string | undefined;
  metadata: Record<string, string>;
  status: PaymentStatus;
  /** Why it failed or came back, in Stripe's words. */
  reason: string | undefined;
  /** When it came to each status after `processing`, in milliseconds since 1970. */
  transitions: Partial<Record<PaymentStatus, number>>;
}

/** What a v2 key stands for: bound to its first request, and to what that request made once it succeeded. */
export interface V2Key {
  key: string;
  fingerprint: string;
  /** Undefined while every request under the key has failed: the next one is executed again. */
  madeId: string | undefined;
  requestId: string;
  createdAtMs: number;
}

/** A thin event: it says what changed and where to read it, and no more. */
export interface ThinEvent {
  id: string;
  createdMs: number;
  type: `v2.money_management.outbound_payment.${PaymentStatus | 'created'}`;
  paymentId: string;
  /** The texts in which an item may be named, for faults that match by it; no part of what is sent. */
  texts: readonly string[];
}

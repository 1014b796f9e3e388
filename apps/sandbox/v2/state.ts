import type { PaymentStatus, SandboxPayment, SandboxPayoutMethod, SandboxRecipient, V2Key } from './objects.js';

export type V2Change =
  | { kind: 'recipient'; recipient: SandboxRecipient }
  | { kind: 'payout_method'; payoutMethod: SandboxPayoutMethod }
  | { kind: 'payment'; payment: SandboxPayment }
  | { kind: 'v2_key'; entry: V2Key };

interface PaymentFlow {
  /** Everything that was ever sent, per currency, in Stripe's smallest unit. */
  sent: bigint;
  /** What of it failed, was canceled or came back. */
  back: bigint;
}

const endedWithoutMoney: readonly PaymentStatus[] = ['failed', 'canceled', 'returned'];

/** What the sandbox knows of Stripe's v2 objects, in memory; changed by {@link apply} alone. */
export class V2State {
  readonly recipients = new Map<string, SandboxRecipient>();
  readonly payoutMethods = new Map<string, SandboxPayoutMethod>();
  readonly payments = new Map<string, SandboxPayment>();
  readonly keys = new Map<string, V2Key>();
  readonly flows = new Map<string, PaymentFlow>();
  private readonly byRecipient = new Map<string, string[]>();

  apply(change: V2Change): void {
    switch (change.kind) {
      case 'recipient':
        this.recipients.set(change.recipient.id, change.recipient);
        return;
      case 'payout_method':
        this.payoutMethods.set(change.payoutMethod.id, change.payoutMethod);
        return;
      case 'payment':
        this.setPayment(change.payment);
        return;
      case 'v2_key':
        // The place of a key in the order of expiry is that of its first request.
        this.keys.set(change.entry.key, change.entry);
    }
  }

  /** In the order in which they were made. */
  paymentsTo(recipientId: string): SandboxPayment[] {
    return (this.byRecipient.get(recipientId) ?? []).flatMap((id) => this.payments.get(id) ?? []);
  }

  *changes(): Generator<V2Change> {
    for (const recipient of this.recipients.values()) yield { kind: 'recipient', recipient };
    for (const payoutMethod of this.payoutMethods.values()) yield { kind: 'payout_method', payoutMethod };
    for (const payment of this.payments.values()) yield { kind: 'payment', payment };
    for (const entry of this.keys.values()) yield { kind: 'v2_key', entry };
  }

  private setPayment(payment: SandboxPayment): void {
    const before = this.payments.get(payment.id);
    let flow = this.flows.get(payment.currency);
    if (!flow) this.flows.set(payment.currency, (flow = { sent: 0n, back: 0n }));
    if (!before) {
      flow.sent += BigInt(payment.amount);
      const made = this.byRecipient.get(payment.recipient);
      if (made) made.push(payment.id);
      else this.byRecipient.set(payment.recipient, [payment.id]);
    }
    const wasBack = before !== undefined && endedWithoutMoney.includes(before.status);
    if (!wasBack && endedWithoutMoney.includes(payment.status)) flow.back += BigInt(payment.amount);
    this.payments.set(payment.id, payment);
  }
}

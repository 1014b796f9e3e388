import type { ThinEvent } from './v2/objects.js';
import { V2State, type V2Change } from './v2/state.js';

/** A connected account, as far as the sandbox keeps it: no personal data of the request is stored. */
export interface SandboxAccount {
  id: string;
  created: number;
  type: string;
  country: string;
  default_currency: string;
  metadata: Record<string, string>;
}

export interface SandboxTransfer {
  id: string;
  /** Seconds since 1970, as in every object of Stripe. */
  created: number;
  /** In Stripe's smallest unit of the currency. */
  amount: number;
  /** Lower case. */
  currency: string;
  destination: string;
  description: string | null;
  transfer_group: string | null;
  metadata: Record<string, string>;
}

export interface SandboxReversal {
  id: string;
  created: number;
  amount: number;
  currency: string;
  transfer: string;
  metadata: Record<string, string>;
}

export interface SandboxEvent {
  id: string;
  created: number;
  type: 'transfer.created' | 'transfer.reversed';
  /** The object as it was when the event came to be; every delivery shows the same. */
  object: Record<string, unknown>;
}

/** The answer that a request with an idempotency key got. */
export interface StoredAnswer {
  key: string;
  fingerprint: string;
  status: number;
  body: string;
  requestId: string;
  createdAtMs: number;
}

/** One thing that happened. A line of the journal holds all changes of one request, so that they stand or fall together. */
export type Change =
  | { kind: 'account'; account: SandboxAccount }
  | { kind: 'transfer'; transfer: SandboxTransfer }
  | { kind: 'reversal'; reversal: SandboxReversal }
  | { kind: 'event'; event: SandboxEvent | ThinEvent }
  | { kind: 'delivered'; eventId: string }
  | { kind: 'answer'; answer: StoredAnswer }
  | V2Change;

interface Flow {
  sent: bigint;
  reversed: bigint;
}

/** Everything that the sandbox knows, in memory; changed by {@link apply} alone. */
export class SandboxState {
  readonly accounts = new Map<string, SandboxAccount>();
  readonly transfers = new Map<string, SandboxTransfer>();
  readonly events = new Map<string, SandboxEvent | ThinEvent>();
  /** Events that the endpoint has not acknowledged yet. */
  readonly undelivered = new Set<string>();
  readonly answers = new Map<string, StoredAnswer>();
  readonly v2 = new V2State();
  /** Per currency, in Stripe's smallest unit. */
  readonly flows = new Map<string, Flow>();
  private readonly reversals = new Map<string, SandboxReversal[]>();
  private readonly groups = new Map<string, SandboxTransfer[]>();

  apply(change: Change): void {
    switch (change.kind) {
      case 'account':
        this.accounts.set(change.account.id, change.account);
        return;
      case 'transfer':
        this.addTransfer(change.transfer);
        return;
      case 'reversal':
        append(this.reversals, change.reversal.transfer, change.reversal);
        this.flow(change.reversal.currency).reversed += BigInt(change.reversal.amount);
        return;
      case 'event':
        this.events.set(change.event.id, change.event);
        this.undelivered.add(change.event.id);
        return;
      case 'delivered':
        this.undelivered.delete(change.eventId);
        return;
      case 'answer':
        this.answers.set(change.answer.key, change.answer);
        return;
      default:
        this.v2.apply(change);
    }
  }

  /** In the order in which they were made. */
  reversalsOf(transferId: string): readonly SandboxReversal[] {
    return this.reversals.get(transferId) ?? [];
  }

  amountReversed(transferId: string): number {
    return this.reversalsOf(transferId).reduce((sum, { amount }) => sum + amount, 0);
  }

  transfersInGroup(group: string): readonly SandboxTransfer[] {
    return this.groups.get(group) ?? [];
  }

  /** The shortest list of changes that leads to this state again. */
  *changes(): Generator<Change> {
    for (const account of this.accounts.values()) yield { kind: 'account', account };
    for (const transfer of this.transfers.values()) yield { kind: 'transfer', transfer };
    for (const reversals of this.reversals.values()) {
      for (const reversal of reversals) yield { kind: 'reversal', reversal };
    }
    for (const event of this.events.values()) {
      yield { kind: 'event', event };
      if (!this.undelivered.has(event.id)) yield { kind: 'delivered', eventId: event.id };
    }
    for (const answer of this.answers.values()) yield { kind: 'answer', answer };
    yield* this.v2.changes();
  }

  private addTransfer(transfer: SandboxTransfer): void {
    this.transfers.set(transfer.id, transfer);
    this.flow(transfer.currency).sent += BigInt(transfer.amount);
    if (transfer.transfer_group !== null) append(this.groups, transfer.transfer_group, transfer);
  }

  private flow(currency: string): Flow {
    let flow = this.flows.get(currency);
    if (!flow) this.flows.set(currency, (flow = { sent: 0n, reversed: 0n }));
    return flow;
  }
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

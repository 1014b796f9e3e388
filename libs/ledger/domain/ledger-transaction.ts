import type { AccountRef } from './accounts.js';

/** What a transaction is for; the names are part of the API and of exports. */
export type TransactionKind =
  | 'accrue'
  | 'reverse'
  | 'vest'
  | 'vest_reversal'
  | 'net'
  | 'clawback'
  | 'reserve'
  | 'give_back'
  | 'submit'
  | 'settle'
  | 'fail'
  | 'return'
  | 'release_held'
  | 'hold'
  | 'release_hold'
  | 'hold_suspended'
  | 'release_suspended'
  | 'write_off'
  | 'adjust'
  | 'reserve_again'
  | 'issue_credit'
  | 'void_credit';

/** What the money is for: each cent names the event, the rule and the clause, or the batch and the item. */
export interface TransactionRefs {
  readonly partnerId?: string | undefined;
  readonly eventId?: string | undefined;
  readonly ruleId?: string | undefined;
  /** The clause's number in the signed document. */
  readonly clause?: string | undefined;
  readonly termsHash?: string | undefined;
  readonly batchId?: string | undefined;
  readonly itemId?: string | undefined;
}

/** One side of a transaction: minor units of the transaction's currency, debits positive, credits negative, never 0. */
export interface Leg {
  readonly account: AccountRef;
  readonly amountMinor: bigint;
}

/** What one event has of a transaction that sums up the rewards of several. Minor units, more than 0. */
export interface TransactionPart {
  readonly eventId: string;
  readonly eventAt: Date;
  readonly amountMinor: bigint;
}

/** A balanced movement of money in one currency. The same idempotency key is posted once in a program. */
export interface LedgerTransaction {
  readonly kind: TransactionKind;
  readonly idempotencyKey: string;
  /** When the fact happened that the money follows; when it was booked is another matter. */
  readonly eventAt: Date;
  readonly currency: string;
  readonly actorId: string;
  readonly refs: TransactionRefs;
  readonly legs: readonly Leg[];
  /** Its id, where what is posted with it must name it; one is given to it otherwise. */
  readonly id?: string | undefined;
  /** Of a transaction that sums up: two or more, which sum to what it debits. */
  readonly parts?: readonly TransactionPart[] | undefined;
}

/** What the caller of a builder says of a transaction; the builder knows the kind and the legs. */
export interface Occasion {
  /** Unique among the transactions of its kind in the program: the idempotency key is made of both. */
  readonly key: string;
  readonly eventAt: Date;
  readonly currency: string;
  readonly actorId: string;
  readonly refs: TransactionRefs;
}

/** A leg as a builder states it: minor units, 0 or more; one of 0 is left out. */
export interface Movement {
  readonly account: AccountRef;
  readonly amountMinor: bigint;
}

/**
 * The transaction that debits and credits these amounts. Throws RangeError where one is negative, where the two sides
 * differ or where nothing moves: such a transaction is a defect of the caller, and the database would refuse it.
 */
export function movement(
  kind: TransactionKind,
  { key, ...occasion }: Occasion,
  sides: { debit: readonly Movement[]; credit: readonly Movement[] },
): LedgerTransaction {
  const debited = totalOf(sides.debit);
  if (debited !== totalOf(sides.credit)) throw new RangeError(`a ledger transaction to ${kind} does not sum to zero`);
  if (debited === 0n) throw new RangeError(`a ledger transaction to ${kind} moves nothing`);
  const legs = [
    ...sides.debit,
    ...sides.credit.map(({ account, amountMinor }) => ({ account, amountMinor: -amountMinor })),
  ].filter(({ amountMinor }) => amountMinor !== 0n);
  return { kind, idempotencyKey: `${kind}/${key}`, ...occasion, legs };
}

function totalOf(movements: readonly Movement[]): bigint {
  return movements.reduce((sum, { amountMinor }) => {
    if (amountMinor < 0n) throw new RangeError('a ledger movement is never negative: swap its sides instead');
    return sum + amountMinor;
  }, 0n);
}

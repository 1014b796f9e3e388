import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';

/** A transaction with its legs as the chain hashes it: every field that says something, in texts. */
export interface ChainedTransaction {
  readonly id: string;
  readonly programId: string;
  readonly kind: string;
  readonly idempotencyKey: string;
  /** Microseconds since 1970, in decimal: the database keeps no finer instants. */
  readonly eventAtMicros: string;
  readonly bookedAtMicros: string;
  readonly actorId: string;
  readonly refs: Readonly<Record<string, string>>;
  /** In the order in which they were entered; minor units in decimal, debits positive. */
  readonly legs: readonly {
    readonly entryId: string;
    readonly code: string;
    readonly ownerId: string;
    readonly side: string;
    readonly currency: string;
    readonly amountMinor: string;
  }[];
  /** Of a transaction that sums up, as it is kept: event, milliseconds since 1970 and minor units in decimal. */
  readonly parts?: readonly (readonly [eventId: string, eventAtMs: number, amountMinor: string])[];
}

/** What stands before the first block of a program. */
export const genesisHash = '0'.repeat(64);

/** SHA-256 over the canonical JSON (RFC 8785) of a transaction and its legs. */
export function transactionHash(transaction: ChainedTransaction): string {
  return sha256(canonicalJson(transaction));
}

/** SHA-256 over the canonical JSON of a block: its place, the hash before it and its transactions in their order. */
export function blockHash(block: {
  programId: string;
  number: number;
  previousHash: string;
  transactions: readonly { id: string; hash: string }[];
}): string {
  const { programId, number, previousHash, transactions } = block;
  return sha256(canonicalJson({ schema: 'pactline.journal-block/1', programId, number, previousHash, transactions }));
}

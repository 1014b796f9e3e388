import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';

/** One payment: what the partner gets, and what is withheld of it. Minor units. */
export interface ContentItem {
  id: string;
  partnerId: string;
  amountMinor: bigint;
  withheldMinor: bigint;
  accountReference: string;
}

/** What an approver approves: who gets how much, where to, in which batch. */
export interface BatchContent {
  batchId: string;
  programId: string;
  currency: string;
  cutOff: Date;
  /** Counts the edits since the freezing: what was taken out and put back is not what was approved before. */
  revision: number;
  items: readonly ContentItem[];
}

/**
 * The SHA-256 over the canonical list of a batch's items, in hexadecimal: it changes with any partner, amount or
 * account, and not with the order of the list.
 */
export function batchContentHash({ items, cutOff, revision, ...batch }: BatchContent): string {
  const list = items
    .map(({ withheldMinor, ...item }) => ({
      ...item,
      amountMinor: item.amountMinor.toString(),
      // A batch of which nothing is withheld keeps the hash that it had before there was any withholding.
      ...(withheldMinor === 0n ? {} : { withheldMinor: withheldMinor.toString() }),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const edits = revision === 0 ? {} : { revision };
  return sha256(canonicalJson({ ...batch, ...edits, cutOff: cutOff.toISOString(), items: list }));
}

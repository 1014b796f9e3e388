import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';

/** What an approver approves: who gets how much, where to, in which batch. */
export interface BatchContent {
  batchId: string;
  programId: string;
  currency: string;
  cutOff: Date;
  items: readonly { id: string; partnerId: string; amountMinor: bigint; accountReference: string }[];
}

/**
 * The SHA-256 over the canonical list of a batch's items, in hexadecimal: it changes with any partner, amount or
 * account, and not with the order of the list.
 */
export function batchContentHash({ items, cutOff, ...batch }: BatchContent): string {
  const list = items
    .map((item) => ({ ...item, amountMinor: item.amountMinor.toString() }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return sha256(canonicalJson({ ...batch, cutOff: cutOff.toISOString(), items: list }));
}

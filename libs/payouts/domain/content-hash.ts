import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256InParts } from '../../kernel/sha256.js';

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
export function batchContentHash({ items, ...batch }: BatchContent): string {
  const hash = new BatchContentHash(batch);
  hash.add([...items].sort((a, b) => (a.id < b.id ? -1 : 1)));
  return hash.digest();
}

/**
 * The same hash of a batch whose items come in parts, in the order of their ids: a hundred thousand of them are never in
 * memory together.
 */
export class BatchContentHash {
  private readonly hash = sha256InParts();
  private readonly end: string;
  private last = '';

  constructor({ cutOff, revision, ...batch }: Omit<BatchContent, 'items'>) {
    const edits = revision === 0 ? {} : { revision };
    const text = canonicalJson({ ...batch, ...edits, cutOff: cutOff.toISOString(), items: [] });
    // No string of JSON holds this: its quotes would be escaped.
    const [start = '', end = ''] = text.split('"items":[]');
    this.hash.update(`${start}"items":[`);
    this.end = `]${end}`;
  }

  /** Throws a RangeError where an item does not come after the one before it. */
  add(items: readonly ContentItem[]): void {
    for (const { withheldMinor, ...item } of items) {
      if (item.id <= this.last) throw new RangeError('the items of a batch are hashed in the order of their ids');
      const text = canonicalJson({
        ...item,
        amountMinor: item.amountMinor.toString(),
        // A batch of which nothing is withheld keeps the hash that it had before there was any withholding.
        ...(withheldMinor === 0n ? {} : { withheldMinor: withheldMinor.toString() }),
      });
      this.hash.update(this.last === '' ? text : `,${text}`);
      this.last = item.id;
    }
  }

  digest(): string {
    return this.hash.update(this.end).digest('hex');
  }
}

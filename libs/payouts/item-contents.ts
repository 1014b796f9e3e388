import type { BatchContent, ContentItem } from './domain/index.js';
import type { BatchRow, ItemRow } from './rows.js';

/** What of a batch is hashed beside its items. */
export function contentFrame(batch: BatchRow): Omit<BatchContent, 'items'> {
  return {
    batchId: batch.id,
    programId: batch.program_id,
    currency: batch.currency,
    cutOff: batch.cut_off,
    revision: batch.revision,
  };
}

/** What of an item is hashed. */
export function contentItem(item: ItemRow): ContentItem {
  return {
    id: item.id,
    partnerId: item.partner_id,
    amountMinor: BigInt(item.amount_minor),
    withheldMinor: BigInt(item.withheld_minor),
    accountReference: item.account_reference,
  };
}

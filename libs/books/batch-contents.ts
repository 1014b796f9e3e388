import { rowsOf, type Transaction } from '../database/index.js';
import { contentHashOf, type HashedBatch, type HashedItem } from '../payouts/index.js';

/** A batch whose content, hashed again, is not what was frozen and approved. */
export interface ContentFault {
  batchId: string;
  detail: string;
}

/** Items whose account may have been changed since by a decision of its own: who retries one sends it to the newest account. */
const retried = `
  select from payout_items item join audit_facts fact on fact.subject_id = item.id and fact.action = 'payout_item.retry'
  where item.batch_id = batch.id`;

/**
 * Computes the content of a program's frozen batches again, from the items as they stand: partners, amounts and accounts.
 * A batch of which an item was retried is left out, since that item may go to another account than the one that was
 * approved; its sum is held against its total by another promise.
 */
export async function contentFaults(tx: Transaction, programId: string): Promise<ContentFault[]> {
  const batches = await rowsOf<HashedBatch>(
    tx,
    `select batch.* from payout_batches batch
     where batch.program_id = $1 and batch.content_hash is not null
       and batch.state in ('frozen', 'in_approval', 'approval_blocked', 'approved', 'released', 'processing', 'completed',
                           'partial', 'reconciled', 'closed')
       and not exists (${retried})
     order by batch.id`,
    [programId],
  );
  const faults: ContentFault[] = [];
  for (const batch of batches) {
    const items = await rowsOf<HashedItem>(
      tx,
      `select * from payout_items where batch_id = $1 and state not in ('pending', 'screened', 'held', 'superseded')`,
      [batch.id],
    );
    const hash = contentHashOf(batch, items);
    if (hash === batch.content_hash) continue;
    const detail = `was frozen as ${batch.content_hash}, and what it pays hashes to ${hash}`;
    faults.push({ batchId: batch.id, detail });
  }
  return faults;
}

import { Injectable } from '@nestjs/common';
import { rowsOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { BatchStatus, EditBatchInput } from '../orchestration/payout-batch.js';
import { BatchApprovals, type BatchPolicy } from './batch-approvals.js';
import { BatchDecisions } from './batch-decisions.js';
import { BatchItems, saveDraftTotals } from './batch-items.js';
import { BatchMoves, type BatchMove } from './batch-moves.js';
import { unreservedItemStates, type ItemState } from './domain/index.js';
import { ItemPages } from './item-pages.js';
import { ItemScreening } from './item-screening.js';
import { lockCollection, type BatchRow } from './rows.js';

const editableStates: readonly ItemState[] = [...unreservedItemStates, 'reserved'];

/** Changes what a batch pays before it is released: every change makes another content, which nobody has approved. */
@Injectable()
export class BatchEdits {
  constructor(
    private readonly moves: BatchMoves,
    private readonly items: BatchItems,
    private readonly screening: ItemScreening,
    private readonly approvals: BatchApprovals,
    private readonly decisions: BatchDecisions,
    private readonly pages: ItemPages,
  ) {}

  /**
   * Takes items out, puts items back that a person took out, and checks all again, so that held items whose findings are
   * gone come back by themselves. What is out stays held until it is put back or the batch is released without it.
   *
   * @throws DomainError `not-found` (the batch, an item), `illegal-transition`
   */
  async edit(input: EditBatchInput): Promise<BatchStatus> {
    const policy = await this.approvals.policyOf(input.batchId);
    return this.moves.decide(input, 'edit', async (tx, batch) => {
      await lockCollection(tx, batch.program_id);
      await this.decisions.lockItemPartners(tx, batch);
      await this.assertEditable(tx, batch, input);
      await this.screening.noteRemoval(tx, batch, { removed: input.remove, putBack: input.putBack }, input);
      const carriedMinor = await this.screening.refresh(tx, batch, input);
      await tx.query(`update payout_batches set edited_by = $2, carried_minor = carried_minor + $3 where id = $1`, [
        batch.id,
        input.actorId,
        carriedMinor,
      ]);
      return batch.state === 'draft' ? this.keepDraft(tx, batch) : this.freezeAgain(tx, batch, input, policy);
    });
  }

  private async keepDraft(tx: Transaction, batch: BatchRow): Promise<BatchMove> {
    const kept = await this.pages.sums(tx, batch.id, 'screened');
    await saveDraftTotals(tx, batch.id, kept);
    return { details: { items: kept.items, totalMinor: kept.totalMinor.toString() } };
  }

  private async freezeAgain(
    tx: Transaction,
    batch: BatchRow,
    input: EditBatchInput,
    policy: BatchPolicy,
  ): Promise<BatchMove> {
    await this.items.reserve(tx, batch, input);
    const edited = { ...batch, revision: batch.revision + 1, edited_by: input.actorId };
    const content = await this.pages.content(tx, edited);
    const { contentHash, items, totalMinor, withheldMinor } = content;
    if (items === 0) throw new DomainError('illegal-transition', 'payout batch: nothing would be left; recall it');
    await tx.query(
      `update payout_batches set content_hash = $2, total_minor = $3, item_count = $4, revision = $5, approved_by = null,
         withheld_minor = $6
       where id = $1`,
      [batch.id, contentHash, totalMinor, items, edited.revision, withheldMinor],
    );
    const block = await this.approvals.ask(tx, { ...edited, content_hash: contentHash }, content, policy);
    return { steps: ['edit', ...block], details: { contentHash, items, totalMinor: totalMinor.toString() } };
  }

  private async assertEditable(tx: Transaction, batch: BatchRow, { remove, putBack }: EditBatchInput): Promise<void> {
    const named = [...remove, ...putBack];
    const known = await rowsOf<{ id: string }>(
      tx,
      `select id from payout_items where batch_id = $1 and id = any($2) and state = any($3)`,
      [batch.id, named, editableStates],
    );
    const items = new Set(known.map(({ id }) => id));
    for (const itemId of named) {
      if (!items.has(itemId)) throw new DomainError('not-found', `no item ${itemId} that can be edited in this batch`);
    }
    if (putBack.some((itemId) => remove.includes(itemId))) {
      throw new DomainError('malformed-request', 'an item is either taken out or put back');
    }
  }
}

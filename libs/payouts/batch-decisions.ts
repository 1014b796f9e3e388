import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import { lockPartners } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import type { BatchStatus, EndBatchInput, SubmitBatchInput } from '../orchestration/payout-batch.js';
import { BatchApprovals } from './batch-approvals.js';
import { BatchItems } from './batch-items.js';
import { BatchMoves, type BatchMove } from './batch-moves.js';
import { unreservedItemStates, type BatchAction, type ItemState } from './domain/index.js';
import { grossOfSums, ItemPages } from './item-pages.js';
import { ItemScreening } from './item-screening.js';
import { lockCollection, type BatchRow } from './rows.js';

/** The states of items that have not left yet. */
const freeStates: readonly ItemState[] = [...unreservedItemStates, 'reserved'];

/** What finance decides about a batch before it is released. Row, items, ledger and audit move in one transaction. */
@Injectable()
export class BatchDecisions {
  constructor(
    private readonly moves: BatchMoves,
    private readonly items: BatchItems,
    private readonly screening: ItemScreening,
    private readonly approvals: BatchApprovals,
    private readonly pages: ItemPages,
  ) {}

  /**
   * Freezes a draft: takes what was posted since, drops the items that no longer reach their minimum, holds those with
   * findings, reserves the rest and hashes it. Whoever submits is the maker. A batch of which nothing is left that
   * could be paid is cancelled.
   *
   * @throws DomainError `not-found`, `illegal-transition`
   */
  async submit(input: SubmitBatchInput): Promise<BatchStatus> {
    const policy = await this.approvals.policyOf(input.batchId);
    return this.moves.decide(input, 'submit', async (tx, batch) => {
      await lockCollection(tx, batch.program_id);
      await this.lockItemPartners(tx, batch);
      const carriedMinor = await this.screening.refresh(tx, batch, input);
      await this.items.reserve(tx, batch, input);
      const content = await this.pages.content(tx, batch);
      if (content.items === 0) return this.cancelEmpty(tx, batch, carriedMinor, input);
      const { contentHash, totalMinor, withheldMinor, items } = content;
      await tx.query(
        `update payout_batches set content_hash = $2, total_minor = $3, item_count = $4, carried_minor = carried_minor + $5,
           made_by = $6, withheld_minor = $7 where id = $1`,
        [batch.id, contentHash, totalMinor, items, carriedMinor, input.actorId, withheldMinor],
      );
      const made = { ...batch, made_by: input.actorId, content_hash: contentHash, total_minor: totalMinor.toString() };
      const block = await this.approvals.ask(tx, made, content, policy);
      const details = {
        contentHash,
        items,
        totalMinor: totalMinor.toString(),
        withheldMinor: `${withheldMinor}`,
      };
      return { steps: ['submit', ...block], details };
    });
  }

  /** Gives back what was reserved; the next collection takes it. @throws DomainError `not-found`, `illegal-transition` */
  reject(input: EndBatchInput): Promise<BatchStatus> {
    return this.end(input, 'reject');
  }

  /** Takes a batch back before its release. @throws DomainError `not-found`, `illegal-transition` */
  recall(input: EndBatchInput): Promise<BatchStatus> {
    return this.end(input, 'recall');
  }

  /** Drops a draft; nothing was reserved. @throws DomainError `not-found`, `illegal-transition` */
  cancel(input: EndBatchInput): Promise<BatchStatus> {
    return this.end(input, 'cancel');
  }

  private end(input: EndBatchInput, action: BatchAction): Promise<BatchStatus> {
    return this.moves.decide(input, action, async (tx, batch) => {
      await this.lockItemPartners(tx, batch);
      await this.pages.each(tx, batch.id, freeStates, async (items) => {
        await this.items.giveBack(tx, batch, items, input);
        await this.items.supersede(tx, items, input);
      });
      return {};
    });
  }

  private async cancelEmpty(tx: Transaction, batch: BatchRow, carriedMinor: bigint, actor: Actor): Promise<BatchMove> {
    // What is held goes back to the next collection, which finds again what holds it.
    const held = await this.pages.sums(tx, batch.id, 'held');
    await this.pages.each(tx, batch.id, ['held'], (items) => this.items.supersede(tx, items, actor));
    await tx.query(
      `update payout_batches set total_minor = 0, withheld_minor = 0, item_count = 0, carried_minor = carried_minor + $2, made_by = $3 where id = $1`,
      [batch.id, carriedMinor + grossOfSums(held), actor.actorId],
    );
    return { steps: ['cancel'], reason: 'nothing is left to pay since the draft', details: { items: 0 } };
  }

  /** Whatever moves the money of the partners of a batch waits until this transaction ends. */
  async lockItemPartners(tx: Transaction, batch: BatchRow): Promise<void> {
    await lockPartners(tx, batch.program_id, await this.pages.partnersOf(tx, batch.id, freeStates));
  }
}

import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { giveBack, LedgerService, reserve } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import { batchContentHash, itemStates, type ItemAction, type ItemState } from './domain/index.js';
import { itemFact, reservationOccasion } from './item-facts.js';
import { contentFrame, contentItem } from './item-contents.js';
import { ItemPages, type ItemSums } from './item-pages.js';
import type { BatchRow, ItemRow } from './rows.js';

/** Moves items of a batch that is not released: rows, ledger and audit, within the transaction of a decision. */
@Injectable()
export class BatchItems {
  /** Items of a slice (temporal.md, Shapes). */
  sliceSize = 500;

  constructor(
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly ledger: LedgerService,
    private readonly pages: ItemPages,
  ) {}

  /** Reserves what was checked and deals it into slices. The caller holds the partners' locks. */
  async reserve(tx: Transaction, batch: BatchRow, actor: Actor): Promise<void> {
    const state = itemStates.next('screened', 'reserve');
    let before = 0;
    await this.pages.each(tx, batch.id, ['screened'], async (items) => {
      const reserved = await rowsOf<ItemRow>(
        tx,
        `update payout_items item set state = $1, state_since = $2, reservations = item.reservations + 1, slice = place.slice
         from unnest($3::text[], $4::integer[]) as place (id, slice) where item.id = place.id returning item.*`,
        [
          ...[state, this.clock.now(), items.map(({ id }) => id)],
          items.map((_, index) => 1 + Math.floor((before + index) / this.sliceSize)),
        ],
      );
      const bookings = reserved.map((item) => reserve(reservationOccasion(item, this.clock.now(), actor.actorId)));
      await this.ledger.post(tx, batch.program_id, bookings);
      await this.audit.recordAll(
        tx,
        items.map((item) => itemFact(item, 'reserve', state, actor)),
      );
      before += items.length;
    });
  }

  /** Gives back what was reserved for these items. The caller moves them, and holds the partners' locks. */
  async giveBack(tx: Transaction, batch: BatchRow, items: readonly ItemRow[], { actorId }: Actor): Promise<void> {
    const reserved = items.filter(({ state }) => state === 'reserved');
    const bookings = reserved.map((item) => giveBack(reservationOccasion(item, this.clock.now(), actorId)));
    await this.ledger.post(tx, batch.program_id, bookings);
  }

  /** Takes items out of their batch: the entries that they paid are free for the next collection. */
  async supersede(tx: Transaction, items: readonly ItemRow[], actor: Actor): Promise<void> {
    if (items.length === 0) return;
    const ids = items.map(({ id }) => id);
    await tx.query(`delete from payout_item_entries where item_id = any($1)`, [ids]);
    await this.move(tx, items, 'supersede', actor);
  }

  /** Moves the rows of items, each from its own state; the audit tells of it unless a check merely found nothing. */
  async move(
    tx: Transaction,
    items: readonly ItemRow[],
    action: Exclude<ItemAction, 'reserve'>,
    actor: Actor,
  ): Promise<void> {
    const states = new Map<ItemState, string[]>();
    for (const item of items) {
      const state = itemStates.next(item.state, action);
      states.set(state, [...(states.get(state) ?? []), item.id]);
    }
    for (const [state, ids] of states) {
      await tx.query(`update payout_items set state = $2, state_since = $3 where id = any($1)`, [
        ids,
        state,
        this.clock.now(),
      ]);
    }
    if (action === 'screen') return;
    const facts = items.map((item) => itemFact(item, action, itemStates.next(item.state, action), actor));
    await this.audit.recordAll(tx, facts);
  }
}

/** The hash of what a batch pays, as the rows say it now. */
export function contentHashOf(batch: BatchRow, items: readonly ItemRow[]): string {
  return batchContentHash({ ...contentFrame(batch), items: items.map(contentItem) });
}

/** What a draft comes to with these items. */
export async function saveDraftTotals(tx: Transaction, batchId: string, sums: ItemSums): Promise<void> {
  await tx.query(`update payout_batches set total_minor = $2, item_count = $3, withheld_minor = $4 where id = $1`, [
    ...[batchId, sums.totalMinor, sums.items, sums.withheldMinor],
  ]);
}

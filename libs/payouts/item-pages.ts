import { Injectable } from '@nestjs/common';
import { rowOf, rowsOf, type Transaction } from '../database/index.js';
import { BatchContentHash, type ItemState } from './domain/index.js';
import { contentFrame, contentItem } from './item-contents.js';
import { totalOf, withheldTotalOf } from './item-taxes.js';
import type { BatchRow, ItemRow } from './rows.js';

/** What items come to. Minor units. */
export interface ItemSums {
  items: number;
  /** What their partners get: after tax that is withheld. */
  totalMinor: bigint;
  withheldMinor: bigint;
}

/** What a batch pays: its reserved items, summed and hashed. */
export interface HashedContent extends ItemSums {
  contentHash: string;
}

/** The items of a batch, some at a time: a hundred thousand rows, and what statements bring along, would fill the memory. */
@Injectable()
export class ItemPages {
  /** Items that are in memory together. */
  size = 5_000;

  /** Works on the items in these states in the order of their ids; they may be moved, and are not met again. */
  async each(
    tx: Transaction,
    batchId: string,
    states: readonly ItemState[],
    work: (items: readonly ItemRow[]) => Promise<unknown>,
  ): Promise<void> {
    for (let after = ''; ;) {
      const items = await rowsOf<ItemRow>(
        tx,
        `select * from payout_items where batch_id = $1 and state = any($2) and id > $3 order by id limit $4`,
        [batchId, states, after, this.size],
      );
      const last = items.at(-1);
      if (last) await work(items);
      if (!last || items.length < this.size) return;
      after = last.id;
    }
  }

  /** The partners of the items in these states: one lock takes them all, in one order. */
  async partnersOf(tx: Transaction, batchId: string, states: readonly ItemState[]): Promise<string[]> {
    const rows = await rowsOf<{ partner_id: string }>(
      tx,
      `select partner_id from payout_items where batch_id = $1 and state = any($2)`,
      [batchId, states],
    );
    return rows.map(({ partner_id }) => partner_id);
  }

  /** What the items in a state come to. */
  async sums(tx: Transaction, batchId: string, state: ItemState): Promise<ItemSums> {
    const row = await rowOf<{ items: number; total_minor: string; withheld_minor: string }>(
      tx,
      `select count(*)::int as items, coalesce(sum(amount_minor), 0) as total_minor,
              coalesce(sum(withheld_minor), 0) as withheld_minor
       from payout_items where batch_id = $1 and state = $2`,
      [batchId, state],
    );
    const { items = 0, total_minor: total = '0', withheld_minor: withheld = '0' } = row ?? {};
    return { items, totalMinor: BigInt(total), withheldMinor: BigInt(withheld) };
  }

  /** What a batch pays, from the rows as they are now. */
  async content(tx: Transaction, batch: BatchRow): Promise<HashedContent> {
    const hash = new BatchContentHash(contentFrame(batch));
    const sums = { items: 0, totalMinor: 0n, withheldMinor: 0n };
    await this.each(tx, batch.id, ['reserved'], (items) => {
      hash.add(items.map(contentItem));
      sums.items += items.length;
      sums.totalMinor += totalOf(items);
      sums.withheldMinor += withheldTotalOf(items);
      return Promise.resolve();
    });
    return { contentHash: hash.digest(), ...sums };
  }
}

/** What items come to before tax, in minor units. */
export function grossOfSums({ totalMinor, withheldMinor }: ItemSums): bigint {
  return totalMinor + withheldMinor;
}

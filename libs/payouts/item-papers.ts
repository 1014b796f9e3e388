import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { systemActor } from '../orchestration/actor.js';
import { paperNumber, SelfBilling, type PaidItem, type PaperView } from '../payees/index.js';
import { grossOf } from './item-taxes.js';
import type { ItemRow } from './rows.js';

/** An invoice or credit note of an item, as people find it. */
export interface ItemPaper {
  id: string;
  kind: PaperView['kind'];
  number: string;
}

/** As the database gives them: see {@link papersOf}. */
export type ItemPaperRow = Omit<ItemPaper, 'number'> & { year: number; number: number };

/** The papers of `item` as a JSON list, in the order of their numbers. */
export const papersOfItem = `coalesce((select jsonb_agg(jsonb_build_object('id', paper.id, 'kind', paper.kind,
    'year', paper.year, 'number', paper.number) order by paper.year, paper.number)
  from self_billing_papers paper where paper.item_id = item.id), '[]')`;

export function papersOf(rows: readonly ItemPaperRow[]): ItemPaper[] {
  return rows.map(({ id, kind, year, number }) => ({ id, kind, number: paperNumber(year, number) }));
}

/** Credit notes that are issued in one go. */
const noteSize = 100;

/** Invoices for what was paid, where a program asks for them, and credit notes for what came back. */
@Injectable()
export class ItemPapers {
  constructor(
    private readonly database: Database,
    private readonly selfBilling: SelfBilling,
  ) {}

  /**
   * The invoices of settled items of one program, by item, the same however often they are asked for; absent where the
   * program wants none.
   */
  invoicesOf(items: readonly ItemRow[]): Promise<ReadonlyMap<string, PaperView>> {
    return this.selfBilling.issueAsked(items.map(asPaid));
  }

  /**
   * Takes back the invoices of items that came back, as many as are done in one go; how many were. A repeat goes on where
   * an earlier one was cut off, and any number of these may run.
   */
  async creditReturned(): Promise<number> {
    const items = await this.database.query<ItemRow>(
      `select item.* from payout_items item
       where item.state = 'returned'
         and exists (select from self_billing_papers invoice where invoice.item_id = item.id and invoice.kind = 'invoice')
         and not exists (select from self_billing_papers note where note.item_id = item.id and note.kind = 'credit_note')
       order by item.id limit $1`,
      [noteSize],
    );
    for (const item of items) await this.selfBilling.creditFor(asPaid(item));
    return items.length;
  }
}

function asPaid(item: ItemRow): PaidItem {
  return {
    ...systemActor,
    programId: item.program_id,
    partnerId: item.partner_id,
    itemId: item.id,
    amountMinor: grossOf(item),
    withheldMinor: BigInt(item.withheld_minor),
    currency: item.currency,
    settledAt: item.state_since,
  };
}

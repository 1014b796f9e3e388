import { Injectable } from '@nestjs/common';
import { rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { Actor } from '../orchestration/actor.js';
import { Withholding } from '../payees/index.js';
import { BatchItems } from './batch-items.js';
import { itemStates, unreservedItemStates, type ItemState } from './domain/index.js';
import { ItemChecks, type CheckedPayout, type ItemFinding } from './item-checks.js';
import { grossOf, itemAmounts, itemAmountsShape } from './item-taxes.js';
import { ItemPages } from './item-pages.js';
import { minimumOf, openEntriesOf } from './open-entries.js';
import { PayoutRails } from './payout-rails.js';
import type { BatchRow, ItemRow } from './rows.js';

/** The cause of an item that a person took out of its batch. */
export const removedCause = 'removed';

const checkedStates: readonly ItemState[] = [...unreservedItemStates, 'reserved'];

/** Brings the items of a batch up to what is true now: what they are made of, and whether something holds them. */
@Injectable()
export class ItemScreening {
  constructor(
    private readonly clock: Clock,
    private readonly checks: ItemChecks,
    private readonly items: BatchItems,
    private readonly withholding: Withholding,
    private readonly rails: PayoutRails,
    private readonly pages: ItemPages,
  ) {}

  /**
   * Takes what was posted since to items that nothing is reserved of, takes out those that no longer reach their minimum,
   * and checks all. What that carries to the next collection, in minor units. The caller holds the collection's lock and
   * those of the partners.
   */
  async refresh(tx: Transaction, batch: BatchRow, actor: Actor): Promise<bigint> {
    let carriedMinor = 0n;
    await this.pages.each(tx, batch.id, unreservedItemStates, async (items) => {
      await collectSince(tx, batch, items);
      carriedMinor += await this.dropUnpaid(tx, batch, items, actor);
    });
    await this.screen(tx, batch, actor);
    return carriedMinor;
  }

  /** Checks the items that have not left yet: those with findings are held, held ones without are free again. */
  async screen(tx: Transaction, batch: BatchRow, actor: Actor): Promise<void> {
    await this.pages.each(tx, batch.id, checkedStates, (items) => this.screenSome(tx, batch, items, actor));
  }

  private async screenSome(tx: Transaction, batch: BatchRow, items: readonly ItemRow[], actor: Actor): Promise<void> {
    const found = await this.check(tx, batch, items);
    const findings = await this.keepFindings(tx, batch, items, found);
    const isHeld = ({ id }: ItemRow) => findings.has(id);
    const held = items.filter((item) => isHeld(item) && item.state !== 'held');
    await this.items.giveBack(tx, batch, held, actor);
    await this.items.move(tx, held, 'hold', actor);
    const free = items.filter((item) => !isHeld(item));
    await this.items.move(
      tx,
      free.filter(({ state }) => itemStates.allows(state, 'screen')),
      'screen',
      actor,
    );
    await this.items.move(
      tx,
      free.filter(({ state }) => state === 'held'),
      'clear',
      actor,
    );
  }

  /** How many of the items that were free when the batch was frozen would be held now; nothing is moved. */
  async newlyFound(tx: Transaction, batch: BatchRow): Promise<number> {
    let found = 0;
    await this.pages.each(tx, batch.id, ['reserved'], async (items) => {
      found += (await this.check(tx, batch, items)).size;
    });
    return found;
  }

  /** What would hold an item if it were checked now; nothing is moved. */
  async findingsOf(tx: Transaction, batch: BatchRow, item: ItemRow): Promise<readonly ItemFinding[]> {
    return (await this.check(tx, batch, [item])).get(item.partner_id) ?? [];
  }

  /** What all checks find of these items, by partner. */
  private check(tx: Transaction, batch: BatchRow, items: readonly ItemRow[]) {
    const rail = this.rails.nameOf(batch);
    const checked = items.map((item): CheckedPayout => {
      return { partnerId: item.partner_id, amountMinor: grossOf(item), currency: item.currency, rail };
    });
    return this.checks.findings(tx, batch.program_id, checked);
  }

  /** Notes that a person took items out of their batch, or put them back. */
  async noteRemoval(tx: Transaction, batch: BatchRow, change: { removed: string[]; putBack: string[] }, actor: Actor) {
    await tx.query(
      `insert into payout_item_findings (program_id, item_id, cause, reference, found_at)
       select $1, item_id, $2, $3, $4 from unnest($5::text[]) as removed(item_id)
       where not exists (select from payout_item_findings known where known.item_id = removed.item_id
                         and known.cause = $2 and known.cleared_at is null)`,
      [batch.program_id, removedCause, actor.actorId, this.clock.now(), change.removed],
    );
    await tx.query(
      `update payout_item_findings set cleared_at = $3 where item_id = any($1) and cause = $2 and cleared_at is null`,
      [change.putBack, removedCause, this.clock.now()],
    );
  }

  /** The findings as rows: new ones are added, those that are gone are cleared. Which items have one now. */
  private async keepFindings(
    tx: Transaction,
    batch: BatchRow,
    items: readonly ItemRow[],
    found: ReadonlyMap<string, readonly ItemFinding[]>,
  ): Promise<Set<string>> {
    const rows = items.flatMap((item) =>
      (found.get(item.partner_id) ?? []).map(({ cause, reference }) => ({ item_id: item.id, cause, reference })),
    );
    const ids = items.map(({ id }) => id);
    const now = this.clock.now();
    await tx.query(
      `update payout_item_findings known set cleared_at = $2
       where known.item_id = any($1) and known.cleared_at is null and known.cause <> $3
         and not exists (select from jsonb_to_recordset($4) as found (item_id text, cause text, reference text)
                         where found.item_id = known.item_id and found.cause = known.cause and found.reference = known.reference)`,
      [ids, now, removedCause, JSON.stringify(rows)],
    );
    await tx.query(
      `insert into payout_item_findings (program_id, item_id, cause, reference, found_at)
       select distinct $1, item_id, cause, reference, $2::timestamptz
       from jsonb_to_recordset($3) as found (item_id text, cause text, reference text)
       on conflict (item_id, cause, reference) where cleared_at is null do nothing`,
      [batch.program_id, now, JSON.stringify(rows)],
    );
    const open = await rowsOf<{ item_id: string }>(
      tx,
      `select distinct item_id from payout_item_findings where item_id = any($1) and cleared_at is null`,
      [ids],
    );
    return new Set(open.map(({ item_id }) => item_id));
  }

  /**
   * Brings the items up to their entries and to what is known of taxes, and drops those of which too little is left now;
   * what that carries, in minor units.
   */
  private async dropUnpaid(tx: Transaction, batch: BatchRow, items: readonly ItemRow[], actor: Actor): Promise<bigint> {
    const rows = await rowsOf<{ item_id: string; partner_id: string; due_minor: string; is_paid: boolean }>(
      tx,
      `select item.id as item_id, item.partner_id, due.due_minor,
         due.due_minor >= case when $3 then 1 else greatest(1, coalesce(minimum.minimum_minor, 0)) end as is_paid
       from payout_items item
       cross join lateral (select coalesce(-sum(entry.amount_minor), 0) as due_minor
                           from payout_item_entries mapped join ledger_entries entry on entry.id = mapped.entry_id
                           where mapped.item_id = item.id) due
       left join lateral (${minimumOf('item.partner_id', '$2::timestamptz', 'item.currency')}) minimum on true
       where item.id = any($1)`,
      [items.map(({ id }) => id), batch.cut_off, batch.ignores_minimum],
    );
    const due = rows.map((row) => ({ ...row, grossMinor: BigInt(row.due_minor) }));
    const taxes = await this.withholding.decide(
      tx,
      batch.program_id,
      due.filter(({ is_paid }) => is_paid).map(({ partner_id, grossMinor }) => ({ partnerId: partner_id, grossMinor })),
    );
    const isPaid = ({ is_paid, partner_id, grossMinor }: (typeof due)[number]) =>
      is_paid && (taxes.get(partner_id)?.withheldMinor ?? 0n) < grossMinor;
    const dropped = new Map(due.filter((row) => !isPaid(row)).map(({ item_id, grossMinor }) => [item_id, grossMinor]));
    const paid = due.filter(isPaid).map(({ item_id, partner_id, grossMinor }) => {
      return { item_id, ...itemAmounts(grossMinor, taxes.get(partner_id)) };
    });
    await tx.query(
      `update payout_items item set amount_minor = due.amount_minor, withheld_minor = due.withheld_minor,
         withholding_rule = due.withholding_rule, withholding_rate = due.withholding_rate,
         withholding_form = due.withholding_form, withholding_profile_id = due.withholding_profile_id
       from jsonb_to_recordset($1) as due (item_id text, ${itemAmountsShape})
       where item.id = due.item_id
         and (item.amount_minor, item.withheld_minor, item.withholding_rule, item.withholding_rate, item.withholding_form,
              item.withholding_profile_id)
           is distinct from (due.amount_minor, due.withheld_minor, due.withholding_rule, due.withholding_rate,
                             due.withholding_form, due.withholding_profile_id)`,
      [JSON.stringify(paid)],
    );
    await this.items.supersede(
      tx,
      items.filter(({ id }) => dropped.has(id)),
      actor,
    );
    return [...dropped.values()].reduce((sum, minor) => sum + (minor > 0n ? minor : 0n), 0n);
  }
}

/**
 * Maps what was posted to the partners of these items since: every debit, and credits up to the cut-off. The items come as
 * lists, of which the database knows the length: it knows nothing yet of rows that were drafted a moment ago, and would
 * compare each with every account.
 */
async function collectSince(
  tx: Transaction,
  { program_id, currency, cut_off }: BatchRow,
  items: readonly ItemRow[],
): Promise<void> {
  await tx.query(
    `insert into payout_item_entries (entry_id, program_id, item_id)
     select open.entry_id, $1, item.id
     from unnest($4::text[], $5::text[]) as item (id, partner_id)
     join (${openEntriesOf('$5::text[]')}) open on open.partner_id = item.partner_id`,
    [program_id, currency, cut_off, items.map(({ id }) => id), items.map(({ partner_id }) => partner_id)],
  );
}

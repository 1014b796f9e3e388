import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { LedgerService } from '../ledger/index.js';
import { openItemStates, sumOutflow, type ItemState, type RailTransfer } from './domain/index.js';
import { totalOf, withheldTotalOf } from './item-taxes.js';
import { PayoutRails } from './payout-rails.js';
import { readBatchRow } from './rows.js';

/** Why two of the tellings differ. */
export type DifferenceCause =
  | 'item_open' // it has no end yet
  | 'missing_at_rail' // we say it was paid, the rail knows nothing of it
  | 'unexpected_at_rail' // the rail has a payment of what we say was not paid
  | 'twice_at_rail'
  | 'amount_differs'
  | 'state_differs' // paid here, returned there, or the reverse
  | 'unknown_transfer' // it names our batch, and no item of it
  | 'ledger_differs' // the sums of our items and of our ledger
  | 'withholding_differs' // what our items withheld of what was paid, and what the ledger owes the tax office for it
  | 'other_currency' // the rail moved money in another currency than the batch's
  | 'still_reserved'; // the ledger holds money reserved for a batch that has ended

/** One difference, and what it is about. */
export interface Difference {
  cause: DifferenceCause;
  itemId?: string;
  railReference?: string;
  ours?: string;
  rails?: string;
}

/** Three tellings of one batch, in minor units of its currency, and where they differ. */
export interface Reconciliation {
  batchId: string;
  currency: string;
  /** By our items: what was settled and not returned. */
  itemsMinor: bigint;
  /** By the ledger: what left the account at the provider, returns deducted. */
  ledgerMinor: bigint;
  /** By the rail's own list: what was sent, less what came back. */
  railMinor: bigint;
  /** What the ledger still holds reserved for the batch: zero once every item was sent or given back. */
  reservedMinor: bigint;
  /** By our items: what was withheld of what was settled and not returned. */
  withheldMinor: bigint;
  /** By the ledger: what is owed to the tax office for the batch. */
  withheldLedgerMinor: bigint;
  /** Items without an end, transfers without an item, and items that the rail tells otherwise. */
  differences: Difference[];
  agrees: boolean;
}

interface ItemFact {
  id: string;
  state: ItemState;
  amount_minor: string;
  withheld_minor: string;
}

/** How long before a batch was released its transfers may be dated: rails' clocks are not ours. */
const clockSkewMs = 86_400_000;

/** Holds items, ledger and rail against each other; it reads and never writes. */
@Injectable()
export class Reconciler {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerService,
    private readonly rails: PayoutRails,
  ) {}

  /** @throws DomainError `not-found`; what the rail throws when it cannot be asked */
  async reconcile(batchId: string): Promise<Reconciliation> {
    const batch = await readBatchRow(this.database.dataSource.manager, batchId);
    const items = await this.database.query<ItemFact>(
      `select id, state, amount_minor, withheld_minor from payout_items where batch_id = $1 and state <> 'superseded'`,
      [batchId],
    );
    const transfers: RailTransfer[] = [];
    const createdFrom = new Date(batch.created_at.getTime() - clockSkewMs);
    for await (const transfer of this.rails.of(batch).listTransfers({ batchId, createdFrom })) transfers.push(transfer);
    const outflow = await sumOutflow(each(transfers));
    const settled = items.filter(({ state }) => state === 'settled');
    const itemsMinor = totalOf(settled);
    const withheldMinor = withheldTotalOf(settled);
    const ledgerMinor = await this.ledgerSum(batchId, `(account.code like 'psp:%' or account.code like 'cash:%')`);
    const withheldLedgerMinor = await this.ledgerSum(batchId, `account.code = 'withholding_tax'`);
    const railMinor = outflow.get(batch.currency) ?? 0n;
    const [reserved] = await this.ledger.balances(batch.program_id, { codes: ['reserved'], ownerIds: [batchId] });
    const reservedMinor = reserved?.balanceMinor ?? 0n;
    const differences = compare(items, transfers);
    if (itemsMinor !== ledgerMinor) {
      differences.push({ cause: 'ledger_differs', ours: `${itemsMinor}`, rails: `${ledgerMinor}` });
    }
    if (withheldMinor !== withheldLedgerMinor) {
      differences.push({ cause: 'withholding_differs', ours: `${withheldMinor}`, rails: `${withheldLedgerMinor}` });
    }
    for (const [currency, minor] of outflow) {
      if (currency !== batch.currency) differences.push({ cause: 'other_currency', rails: `${currency} ${minor}` });
    }
    const isOpen = differences.some(({ cause }) => cause === 'item_open');
    if (reservedMinor !== 0n && !isOpen) differences.push({ cause: 'still_reserved', ours: `${reservedMinor}` });
    return {
      batchId,
      currency: batch.currency,
      itemsMinor,
      ledgerMinor,
      railMinor,
      reservedMinor,
      withheldMinor,
      withheldLedgerMinor,
      differences,
      agrees: itemsMinor === ledgerMinor && ledgerMinor === railMinor && differences.length === 0,
    };
  }

  /** What was credited to accounts for a batch, less what was debited: `accounts` is a condition on them. */
  private async ledgerSum(batchId: string, accounts: string): Promise<bigint> {
    const [row] = await this.database.query<{ minor: string }>(
      `select coalesce(-sum(entry.amount_minor), 0) as minor
       from ledger_transactions booked join ledger_entries entry on entry.transaction_id = booked.id
       join ledger_accounts account on account.id = entry.account_id
       where booked.batch_id = $1 and ${accounts}`,
      [batchId],
    );
    return BigInt(row?.minor ?? 0);
  }
}

function compare(items: readonly ItemFact[], transfers: readonly RailTransfer[]): Difference[] {
  const byItem = new Map<string, RailTransfer[]>();
  for (const transfer of transfers) {
    const key = transfer.itemId ?? '';
    byItem.set(key, [...(byItem.get(key) ?? []), transfer]);
  }
  const ofItems = items.flatMap((item) => {
    const own = byItem.get(item.id) ?? [];
    byItem.delete(item.id);
    const cause = differenceOf(item, own);
    if (cause === undefined) return [];
    const rails = own.map(({ status }) => status).join(', ') || 'nothing';
    const [first] = own;
    const reference = first ? { railReference: first.reference } : {};
    return [{ cause, itemId: item.id, ours: item.state, rails, ...reference }];
  });
  const strangers = [...byItem.values()].flat().map(({ reference, status }): Difference => {
    return { cause: 'unknown_transfer', railReference: reference, rails: status };
  });
  return [...ofItems, ...strangers];
}

/** Where the rail's transfers are not what the item's state says: one for what was paid, none for what was not. */
function differenceOf(item: ItemFact, transfers: readonly RailTransfer[]): DifferenceCause | undefined {
  const [only, ...more] = transfers;
  if (openItemStates.includes(item.state))
    return item.state === 'reserved' && only === undefined ? undefined : 'item_open';
  if (more.length > 0) return 'twice_at_rail';
  if (item.state !== 'settled' && item.state !== 'returned')
    return only === undefined ? undefined : 'unexpected_at_rail';
  if (only === undefined) return 'missing_at_rail';
  if (only.amountMinor !== BigInt(item.amount_minor)) return 'amount_differs';
  if (item.state === 'returned') return only.status === 'returned' ? undefined : 'state_differs';
  return only.status === 'settled' && only.returnedMinor === 0n ? undefined : 'state_differs';
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

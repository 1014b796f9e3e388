import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { LedgerService } from '../ledger/index.js';
import { PayoutRail, sumOutflow, type ItemState, type RailTransfer } from './domain/index.js';
import { readBatchRow } from './rows.js';

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
  /** Items without an end, transfers without an item, and items that the rail tells otherwise. */
  differences: { itemId?: string; railReference?: string; ours?: ItemState; rails?: string }[];
  agrees: boolean;
}

interface ItemFact {
  id: string;
  state: ItemState;
  amount_minor: string;
}

/** How long before a batch was released its transfers may be dated: rails' clocks are not ours. */
const clockSkewMs = 86_400_000;

/** Holds items, ledger and rail against each other; it reads and never writes. */
@Injectable()
export class Reconciler {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerService,
    private readonly rail: PayoutRail,
  ) {}

  /** @throws DomainError `not-found`; what the rail throws when it cannot be asked */
  async reconcile(batchId: string): Promise<Reconciliation> {
    const batch = await readBatchRow(this.database.dataSource.manager, batchId);
    const items = await this.database.query<ItemFact>(
      `select id, state, amount_minor from payout_items where batch_id = $1 and state <> 'superseded'`,
      [batchId],
    );
    const transfers: RailTransfer[] = [];
    const createdFrom = new Date(batch.created_at.getTime() - clockSkewMs);
    for await (const transfer of this.rail.listTransfers({ batchId, createdFrom })) transfers.push(transfer);
    const outflow = await sumOutflow(each(transfers));
    const itemsMinor = items
      .filter(({ state }) => state === 'settled')
      .reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n);
    const ledgerMinor = await this.ledgerOutflow(batchId);
    const railMinor = outflow.get(batch.currency) ?? 0n;
    const [reserved] = await this.ledger.balances(batch.program_id, { codes: ['reserved'], ownerIds: [batchId] });
    const differences = compare(items, transfers);
    const isOneCurrency = [...outflow.keys()].every((currency) => currency === batch.currency);
    return {
      batchId,
      currency: batch.currency,
      itemsMinor,
      ledgerMinor,
      railMinor,
      reservedMinor: reserved?.balanceMinor ?? 0n,
      differences,
      agrees: itemsMinor === ledgerMinor && ledgerMinor === railMinor && differences.length === 0 && isOneCurrency,
    };
  }

  private async ledgerOutflow(batchId: string): Promise<bigint> {
    const [row] = await this.database.query<{ minor: string }>(
      `select coalesce(-sum(entry.amount_minor), 0) as minor
       from ledger_transactions booked join ledger_entries entry on entry.transaction_id = booked.id
       join ledger_accounts account on account.id = entry.account_id
       where booked.batch_id = $1 and (account.code like 'psp:%' or account.code like 'cash:%')`,
      [batchId],
    );
    return BigInt(row?.minor ?? 0);
  }
}

function compare(items: readonly ItemFact[], transfers: readonly RailTransfer[]): Reconciliation['differences'] {
  const byItem = new Map<string, RailTransfer[]>();
  for (const transfer of transfers) {
    const key = transfer.itemId ?? '';
    byItem.set(key, [...(byItem.get(key) ?? []), transfer]);
  }
  const ofItems = items.flatMap((item) => {
    const own = byItem.get(item.id) ?? [];
    byItem.delete(item.id);
    if (isTold(item, own)) return [];
    const rails = own.map(({ status }) => status).join(', ') || 'nothing';
    const [first] = own;
    return [{ itemId: item.id, ours: item.state, rails, ...(first ? { railReference: first.reference } : {}) }];
  });
  const strangers = [...byItem.values()].flat();
  return [...ofItems, ...strangers.map(({ reference, status }) => ({ railReference: reference, rails: status }))];
}

/** Whether the rail's transfers are what the item's state says: one for what was paid, none for what was not. */
function isTold(item: ItemFact, transfers: readonly RailTransfer[]): boolean {
  const [only, ...more] = transfers;
  if (more.length > 0) return false;
  const isSame = only?.amountMinor === BigInt(item.amount_minor);
  switch (item.state) {
    case 'settled':
      return isSame && only.status === 'settled' && only.returnedMinor === 0n;
    case 'returned':
      return isSame && only.status === 'returned';
    case 'pending':
    case 'reserved':
    case 'failed':
      return only === undefined;
    default:
      return false;
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

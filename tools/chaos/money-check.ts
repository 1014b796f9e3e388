import type { Database } from '../../libs/database/index.js';
import type { Difference } from './difference.js';
import type { RailTransfer } from './rail-client.js';

/** What the three tellings come to, and how many sums were held against each other. */
export interface MoneyReport {
  differences: Difference[];
  /** Pairs of a partner and a currency of which the three sums were compared. */
  compared: number;
  transfers: number;
  items: Record<string, number>;
  /** Minor units that left and did not come back, by currency, as the rail has it. */
  outflowMinor: Record<string, bigint>;
}

/** An item as it stands, and how often it was announced to have arrived and to have come back. */
export interface ItemRow {
  id: string;
  partner_id: string;
  currency: string;
  state: string;
  attempt: number;
  amount_minor: string;
  failure_code: string | null;
  settled_told: number;
  returned_told: number;
}

interface SumRow {
  partner_id: string | null;
  currency: string;
  minor: string;
}

const ended: ReadonlySet<string> = new Set(['settled', 'returned', 'failed', 'superseded']);

/**
 * Holds what the rail paid against what the ledger and the items say, for each partner and currency, and each transfer
 * against its item: every one is paid once, by the attempt that the item names, and told of once.
 *
 * The sandbox counts in the smallest unit of a currency, which is our minor unit for those that chaos runs use.
 */
export async function checkMoney(database: Database, transfers: readonly RailTransfer[]): Promise<MoneyReport> {
  const items = await database.query<ItemRow>(
    `select item.id, item.partner_id, item.currency, item.state, item.attempt, item.amount_minor, item.failure_code,
            (select count(*)::int from outbox_messages told where told.kind = 'domain_event' and told.subject_id = item.id
               and told.payload ->> 'type' = 'payout_item.settled') as settled_told,
            (select count(*)::int from outbox_messages told where told.kind = 'domain_event' and told.subject_id = item.id
               and told.payload ->> 'type' = 'payout_item.returned') as returned_told
     from payout_items item order by item.id`,
  );
  const ledger = await database.query<SumRow>(
    `select booked.partner_id, account.currency, -sum(entry.amount_minor) as minor
     from ledger_transactions booked join ledger_entries entry on entry.transaction_id = booked.id
     join ledger_accounts account on account.id = entry.account_id
     where account.code like 'psp:%' or account.code like 'cash:%'
     group by booked.partner_id, account.currency`,
  );
  const accounts = await database.query<{ partner_id: string; account_reference: string }>(
    `select partner_id, account_reference from payout_accounts`,
  );
  const sums = new Sums();
  const owners = new Map(accounts.map((account) => [account.account_reference, account.partner_id]));
  for (const { destination, currency, amount, amount_reversed: back } of transfers) {
    sums.add('rail', owners.get(destination) ?? destination, currency.toUpperCase(), BigInt(amount - back));
  }
  for (const { partner_id: partner, currency, minor } of ledger) {
    sums.add('ledger', partner ?? 'no partner', currency, BigInt(minor));
  }
  for (const { partner_id: partner, currency, state, amount_minor: minor } of items) {
    if (state === 'settled') sums.add('items', partner, currency, BigInt(minor));
  }
  const states: Record<string, number> = {};
  for (const { state } of items) states[state] = (states[state] ?? 0) + 1;
  return {
    differences: [...sums.differences(), ...transferDifferences(items, transfers)],
    compared: sums.size,
    transfers: transfers.length,
    items: states,
    outflowMinor: sums.byCurrency('rail'),
  };
}

type Telling = 'rail' | 'ledger' | 'items';

/** Three sums for each partner and currency. */
class Sums {
  private readonly byKey = new Map<string, Record<Telling, bigint> & { partner: string; currency: string }>();

  get size(): number {
    return this.byKey.size;
  }

  add(telling: Telling, partner: string, currency: string, minor: bigint): void {
    const key = `${partner} ${currency}`;
    const sum = this.byKey.get(key) ?? { partner, currency, rail: 0n, ledger: 0n, items: 0n };
    sum[telling] += minor;
    this.byKey.set(key, sum);
  }

  byCurrency(telling: Telling): Record<string, bigint> {
    const totals: Record<string, bigint> = {};
    for (const sum of this.byKey.values()) totals[sum.currency] = (totals[sum.currency] ?? 0n) + sum[telling];
    return totals;
  }

  differences(): Difference[] {
    return [...this.byKey.values()]
      .filter(({ rail, ledger, items }) => rail !== ledger || ledger !== items)
      .map(({ partner, currency, rail, ledger, items }) => ({
        code: 'sums_differ',
        subject: partner,
        detail: `the rail paid ${rail}, the ledger says ${ledger} and the items ${items} ${currency}`,
      }));
  }
}

/** Where transfers and items don't go together, one by one. */
export function transferDifferences(items: readonly ItemRow[], transfers: readonly RailTransfer[]): Difference[] {
  const byItem = new Map<string, RailTransfer[]>();
  for (const transfer of transfers) {
    const item = transfer.metadata['pactline_item'] ?? '';
    byItem.set(item, [...(byItem.get(item) ?? []), transfer]);
  }
  const found: Difference[] = [];
  for (const item of items) {
    found.push(...itemDifferences(item, byItem.get(item.id) ?? []));
    byItem.delete(item.id);
  }
  for (const { id, amount, currency } of [...byItem.values()].flat()) {
    const detail = `${amount} ${currency.toUpperCase()} left for no item that we know`;
    found.push({ code: 'transfer_without_item', subject: id, detail });
  }
  return found;
}

function itemDifferences(item: ItemRow, own: readonly RailTransfer[]): Difference[] {
  const found: Difference[] = [];
  const differ = (code: string, detail: string) => found.push({ code, subject: item.id, detail });
  if (!ended.has(item.state)) differ('item_open', `is ${item.state} at rest`);
  if (item.failure_code === 'contradicted_by_rail') differ('item_contradicted', 'the rail told otherwise than we sent');
  const isPaid = item.state === 'settled' || item.state === 'returned';
  const [only, ...more] = own;
  if (more.length > 0) differ('paid_twice', `has ${own.length} transfers: ${own.map(({ id }) => id).join(', ')}`);
  else if (isPaid && !only) differ('paid_without_transfer', `is ${item.state}, and the rail has no transfer of it`);
  else if (!isPaid && only) differ('transfer_of_unpaid_item', `is ${item.state}, and the rail has ${only.id}`);
  else if (only) found.push(...transferDifference(item, only));
  const expected = { settled: [1, 0], returned: [1, 1] }[item.state] ?? [0, 0];
  if (item.settled_told !== expected[0] || item.returned_told !== expected[1]) {
    differ('told_otherwise', `was told ${item.settled_told} times to be settled, ${item.returned_told} times returned`);
  }
  return found;
}

function transferDifference(item: ItemRow, transfer: RailTransfer): Difference[] {
  const back = item.state === 'returned' ? item.amount_minor : '0';
  const ours = [item.amount_minor, item.currency, back, `${item.attempt}`];
  const { amount, currency, amount_reversed: reversed, metadata } = transfer;
  const rails = [`${amount}`, currency.toUpperCase(), `${reversed}`, metadata['pactline_attempt'] ?? 'none'];
  if (ours.every((each, index) => each === rails[index])) return [];
  const told = ([sum, code, came, attempt]: string[]) => `${sum} ${code}, ${came} came back, attempt ${attempt}`;
  return [{ code: 'transfer_differs', subject: item.id, detail: `we say ${told(ours)}; the rail says ${told(rails)}` }];
}

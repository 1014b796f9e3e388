import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../libs/database/index.js';
import type { Finance } from './finance.js';
import type { RailClient } from './rail-client.js';

const pauseMs = 500;

/** What is still on its way, by a query that counts it. */
const onItsWay: Readonly<Record<string, string>> = {
  'messages in the outbox': `select count(*)::int as open from outbox_messages where delivered_at is null and kind <> 'domain_event'`,
  'reports of the rail that were not applied': `select count(*)::int as open from rail_inbox where applied_at is null`,
  'payments without an end': `select count(*)::int as open from payout_items
     where state in ('pending', 'reserved', 'sending', 'unknown', 'submitted')`,
  'transactions that no block holds': `select count(*)::int as open from ledger_transactions booked
     where not exists (select from ledger_block_transactions held where held.transaction_id = booked.id)`,
};

/**
 * Lets finance end what is open and the product settle what it knows to do, by itself.
 *
 * @returns what did not come to rest in time; empty where all did
 */
export async function comeToRest(
  parts: { database: Database; rail: RailClient; finances: readonly Finance[] },
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
): Promise<string[]> {
  const end = Date.now() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    const open = await Promise.all(parts.finances.map((finance) => finance.closeOpen()));
    const left = [...(open.includes(true) ? ['batches without an end'] : []), ...(await unrest(parts))];
    if (left.length === 0 || Date.now() > end) return left;
    await sleep(pauseMs);
  }
}

async function unrest({ database, rail }: { database: Database; rail: RailClient }): Promise<string[]> {
  const left: string[] = [];
  for (const [what, sql] of Object.entries(onItsWay)) {
    const [row] = await database.query<{ open: number }>(sql);
    if (row && row.open > 0) left.push(`${row.open} ${what}`);
  }
  const undelivered = await rail.undeliveredEvents();
  if (undelivered > 0) left.push(`${undelivered} webhooks that the rail could not hand over`);
  return left;
}

import { preparedRows, type Transaction } from '../database/index.js';
import { together } from '../kernel/together.js';

/**
 * Takes the money lock of these partners until the transaction ends. Whatever moves a partner's accrued or payable
 * money (pricing, vesting, freezing a payout, a clawback) takes it first, so that each partner's money has one writer
 * at a time. Partners are locked in one order, so that two transactions never wait for each other.
 */
export async function lockPartners(tx: Transaction, programId: string, partnerIds: Iterable<string>): Promise<void> {
  await lockAndRead(tx, programId, partnerIds, () => Promise.resolve());
}

/**
 * The same; gives what `read` read under the locks. Its statements must be prepared ones: they are sent behind that which
 * locks, without waiting for its answer.
 */
export async function lockAndRead<T>(
  tx: Transaction,
  programId: string,
  partnerIds: Iterable<string>,
  read: () => Promise<T>,
): Promise<T> {
  const sorted = [...new Set(partnerIds)].sort();
  if (sorted.length === 0) return read();
  const [locked, found] = await together([lockRows(tx, programId, sorted), read()]);
  if (locked === sorted.length) return found;
  // A row that is missing takes no lock: those that are missing are made, and all are locked again in their order.
  await tx.query(
    `insert into partner_timelines (partner_id, program_id)
     select id, $1 from unnest($2::text[]) as id
     where not exists (select from partner_timelines known where known.partner_id = id)
     order by id
     on conflict (partner_id) do nothing`,
    [programId, sorted],
  );
  await lockRows(tx, programId, sorted);
  return read();
}

/** How many of these partners have a row, all of which are locked now; what is posted next needs the books open, too. */
async function lockRows(tx: Transaction, programId: string, sorted: readonly string[]): Promise<number> {
  const [locked] = await preparedRows<{ count: number }>(
    tx,
    `with locked as materialized (
       select partner_id from partner_timelines where partner_id = any($1) order by partner_id for update)
     select count(*)::integer as count, pg_advisory_xact_lock_shared(ledger_period_lock($2)) from locked`,
    [sorted, programId],
  );
  noteOpen(tx, programId);
  return locked?.count ?? 0;
}

/** The programs whose books each running transaction keeps open: asked for once, an open period stays so until it ends. */
const openBooks = new WeakMap<Transaction, Set<string>>();

function noteOpen(tx: Transaction, programId: string): void {
  const programs = openBooks.get(tx) ?? new Set();
  openBooks.set(tx, programs.add(programId));
}

/**
 * Waits for a period that is being closed, and keeps the next one from being closed until the transaction ends; statements that
 * follow see a close that was waited for. Whoever holds partners' locks has done so.
 */
export async function keepBooksOpen(tx: Transaction, programId: string): Promise<void> {
  if (openBooks.get(tx)?.has(programId)) return;
  await preparedRows(tx, `select pg_advisory_xact_lock_shared(ledger_period_lock($1))`, [programId]);
  noteOpen(tx, programId);
}

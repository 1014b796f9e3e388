import { preparedRows, type Transaction } from '../database/index.js';

/**
 * Takes the money lock of these partners until the transaction ends. Whatever moves a partner's accrued or payable
 * money (pricing, vesting, freezing a payout, a clawback) takes it first, so that each partner's money has one writer
 * at a time. Partners are locked in one order, so that two transactions never wait for each other.
 */
export async function lockPartners(tx: Transaction, programId: string, partnerIds: Iterable<string>): Promise<void> {
  const sorted = [...new Set(partnerIds)].sort();
  if (sorted.length === 0 || (await lockRows(tx, sorted)) === sorted.length) return;
  // A row that is missing takes no lock: those that are missing are made, and all are locked again in their order.
  await tx.query(
    `insert into partner_timelines (partner_id, program_id)
     select id, $1 from unnest($2::text[]) as id
     where not exists (select from partner_timelines known where known.partner_id = id)
     order by id
     on conflict (partner_id) do nothing`,
    [programId, sorted],
  );
  await lockRows(tx, sorted);
}

/** How many of these partners have a row, all of which are locked now. */
async function lockRows(tx: Transaction, sorted: readonly string[]): Promise<number> {
  const rows = await preparedRows(
    tx,
    `select partner_id from partner_timelines where partner_id = any($1) order by partner_id for update`,
    [sorted],
  );
  return rows.length;
}

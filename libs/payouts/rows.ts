import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { BatchStatus } from '../orchestration/payout-batch.js';
import type { TaxForm } from '../payees/index.js';
import { openItemStates, type BatchState, type CarryCause, type ItemState } from './domain/index.js';

/** `scheduled`: collected at a cut-off; `off_cycle`: one partner's, on request. */
export type BatchKind = 'scheduled' | 'off_cycle';

/** A batch as its row says; amounts are minor units in text, as the driver gives them. */
export interface BatchRow {
  id: string;
  program_id: string;
  currency: string;
  state: BatchState;
  cut_off: Date;
  /** What its partners get: after tax that is withheld. */
  total_minor: string;
  withheld_minor: string;
  item_count: number;
  carried_minor: string;
  /** How many partners were carried when it was drafted, by cause. */
  carried: Partial<Record<CarryCause, number>>;
  content_hash: string | null;
  made_by: string | null;
  /** The last one who approved it. */
  approved_by: string | null;
  kind: BatchKind;
  /** An off-cycle payout may go below the minimum of the terms. */
  ignores_minimum: boolean;
  /** Counts the edits since it was frozen. */
  revision: number;
  /** By the policy when it was frozen or last edited. */
  required_approvals: number | null;
  edited_by: string | null;
  released_by: string | null;
  paused_at: Date | null;
  paused_by: string | null;
  /** The rail that it was drafted for; null on old batches, which go by that of the installation. */
  rail: string | null;
  /** Counts its workflows: a retry after its end begins another one. */
  run: number;
  reason: string | null;
  created_at: Date;
  state_since: Date;
}

export interface ItemRow {
  id: string;
  program_id: string;
  batch_id: string;
  partner_id: string;
  slice: number;
  /** What the partner gets: after tax that is withheld. */
  amount_minor: string;
  withheld_minor: string;
  /** The rule that decided on it, its percentage and the form it went by; null where none did. */
  withholding_rule: string | null;
  withholding_rate: string | null;
  withholding_form: TaxForm | 'missing' | null;
  withholding_profile_id: string | null;
  currency: string;
  state: ItemState;
  account_reference: string;
  attempt: number;
  /** How often its amount was reserved. */
  reservations: number;
  rail_reference: string | null;
  failure_code: string | null;
  remittance_sha256: string | null;
  state_since: Date;
}

/** Without a lock. @throws DomainError `not-found` */
export function readBatchRow(tx: Transaction, batchId: string): Promise<BatchRow> {
  return batchRow(tx, batchId, '');
}

/** Locked until the transaction ends. @throws DomainError `not-found` */
export function lockBatchRow(tx: Transaction, batchId: string): Promise<BatchRow> {
  return batchRow(tx, batchId, 'for update');
}

async function batchRow(tx: Transaction, batchId: string, lock: string): Promise<BatchRow> {
  const row = await rowOf<BatchRow>(tx, `select * from payout_batches where id = $1 ${lock}`, [batchId]);
  if (!row) throw new DomainError('not-found', `no payout batch ${batchId}`);
  return row;
}

/** What the workflow is told of a batch, from the rows as this transaction sees them. */
export async function batchStatus(tx: Transaction, batchId: string): Promise<BatchStatus> {
  const { state, content_hash: contentHash, paused_at: pausedAt } = await readBatchRow(tx, batchId);
  const counted = await rowOf<{ open: number; slices: number }>(
    tx,
    `select count(*) filter (where state = any($2))::int as open, coalesce(max(slice), 0)::int as slices
     from payout_items where batch_id = $1`,
    [batchId, openItemStates],
  );
  return {
    batchId,
    state,
    ...(contentHash === null ? {} : { contentHash }),
    ...(pausedAt === null ? {} : { isPaused: true }),
    openItems: counted?.open ?? 0,
    slices: counted?.slices ?? 0,
  };
}

/**
 * Collections and freezings of one program take turns: both map entries of the ledger to items, and an entry belongs
 * to one item at most.
 */
export async function lockCollection(tx: Transaction, programId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('payout-collection/' || $1, 0))`, [programId]);
}

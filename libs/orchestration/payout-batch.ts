import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchState } from '../payouts/domain/batch-state.js';
import type { Actor } from './actor.js';
import { taskQueues } from './task-queues.js';

export const payoutBatch = {
  type: 'payoutBatch',
  taskQueue: taskQueues.money,
  workflowId: (batchId: string) => `payout-batch/${batchId}`,
} as const;

export interface PayoutBatchInput {
  programId: string;
  batchId: string;
}

export interface SubmitBatchInput extends Actor {
  batchId: string;
}

export interface ApproveBatchInput extends Actor {
  batchId: string;
  /** The hash of what was looked at: an approval of anything else is refused with `hash-mismatch`. */
  contentHash: string;
}

export interface EndBatchInput extends Actor {
  batchId: string;
  reason: string;
}

export interface BatchStatus {
  batchId: string;
  state: BatchState;
  contentHash?: string;
  /** Items of a released batch that the rail has not settled, refused or returned yet. */
  openItems: number;
  /** How many slices the frozen items are dealt into, numbered from 1; zero before. */
  slices: number;
}

/**
 * DRAFT → FROZEN: fixes the items, hashes them and reserves their amounts. DRAFT → CANCELLED where taking back since the
 * draft left nothing to pay.
 */
export const submitBatch = defineUpdate<BatchStatus, [SubmitBatchInput]>('submitBatch');
/** FROZEN → RELEASED, by a finance approver who is not the maker. */
export const approveBatch = defineUpdate<BatchStatus, [ApproveBatchInput]>('approveBatch');
/** FROZEN → REJECTED: what was reserved goes back and the next collection takes it. */
export const rejectBatch = defineUpdate<BatchStatus, [EndBatchInput]>('rejectBatch');
/** DRAFT → CANCELLED: nothing was reserved yet. */
export const cancelBatch = defineUpdate<BatchStatus, [EndBatchInput]>('cancelBatch');
/** The rail's report left no open item in the batch: look at the rows. */
export const itemsSettled = defineSignal('itemsSettled');

export interface PayoutBatchActivities {
  recordSubmission(input: SubmitBatchInput): Promise<BatchStatus>;
  recordApproval(input: ApproveBatchInput): Promise<BatchStatus>;
  recordRejection(input: EndBatchInput): Promise<BatchStatus>;
  recordCancellation(input: EndBatchInput): Promise<BatchStatus>;
  readBatch(input: { batchId: string }): Promise<BatchStatus>;
  /** Pays the items of one slice, some tens of calls in flight; rows are claimed by state, so a repeat goes on. */
  paySlice(input: { batchId: string; slice: number }): Promise<{ sent: number; unknown: number; failed: number }>;
  /** Asks the rail about every item without an end yet (probe before resend); how many stay open. */
  refreshOpenItems(input: { batchId: string }): Promise<BatchStatus>;
  /** Renders, stores and mails the remittance advice of each settled item of one slice that has none yet. */
  issueRemittanceAdvices(input: { batchId: string; slice: number }): Promise<{ issued: number }>;
  /** RELEASED → COMPLETED, or PARTIAL where items failed or came back. */
  completeBatch(input: { batchId: string }): Promise<BatchStatus>;
}

import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchState } from '../payouts/domain/batch-state.js';
import type { Actor } from './actor.js';
import { taskQueues } from './task-queues.js';

export const payoutBatch = {
  type: 'payoutBatch',
  taskQueue: taskQueues.money,
  /** A retry after the end of a batch is a run of its own, numbered from 2. */
  workflowId: (batchId: string, run = 1) => `payout-batch/${batchId}${run === 1 ? '' : `/${run}`}`,
} as const;

export interface PayoutBatchInput {
  programId: string;
  batchId: string;
  /** Set by a run that was full before all slices were paid: the first so many are, the next run goes on after them. */
  paidSlices?: number;
  /** The same for the advices of a batch that has ended. */
  advisedSlices?: number;
  /** Set where the run before heard that there is something to send again, and was full before it did so. */
  hasMore?: boolean;
  /** A run begins no more slices beyond so many events of its history; 3,000 where left out. */
  eventsPerRun?: number;
}

export interface SubmitBatchInput extends Actor {
  batchId: string;
}

export interface ApproveBatchInput extends Actor {
  batchId: string;
  /** The hash of what was looked at: an approval of anything else is refused with `hash-mismatch`. */
  contentHash: string;
}

export interface ReleaseBatchInput extends Actor {
  batchId: string;
  contentHash: string;
}

export interface EditBatchInput extends Actor {
  batchId: string;
  /** Ids of items to take out, and of items to put back; with none of them, the items are only checked again. */
  remove: string[];
  putBack: string[];
  reason: string;
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
  /** Set while nothing more of it is sent. */
  isPaused?: boolean;
}

/**
 * DRAFT → FROZEN: fixes the items, hashes them and reserves their amounts. DRAFT → CANCELLED where taking back since the
 * draft left nothing to pay.
 */
export const submitBatch = defineUpdate<BatchStatus, [SubmitBatchInput]>('submitBatch');
/**
 * One approval, by a finance approver who is not the maker. FROZEN → IN_APPROVAL while others are missing; the last one
 * leads to APPROVED, and on to RELEASED where the program has it so.
 */
export const approveBatch = defineUpdate<BatchStatus, [ApproveBatchInput]>('approveBatch');
/** FROZEN → REJECTED: what was reserved goes back and the next collection takes it. */
export const rejectBatch = defineUpdate<BatchStatus, [EndBatchInput]>('rejectBatch');
/** DRAFT → CANCELLED: nothing was reserved yet. */
export const cancelBatch = defineUpdate<BatchStatus, [EndBatchInput]>('cancelBatch');
/** APPROVED → RELEASED, by finance. */
export const releaseBatch = defineUpdate<BatchStatus, [ReleaseBatchInput]>('releaseBatch');
/** Before its release → RECALLED: what was reserved goes back and the next collection takes it. */
export const recallBatch = defineUpdate<BatchStatus, [EndBatchInput]>('recallBatch');
/** Takes items out or puts them back; approvals of what it was before count no more. */
export const editBatch = defineUpdate<BatchStatus, [EditBatchInput]>('editBatch');
/** There is something to send again: the batch was resumed, or a failed item is tried once more. */
export const itemsReady = defineSignal('itemsReady');
/** The rail's report left no open item in the batch: look at the rows. */
export const itemsSettled = defineSignal('itemsSettled');

export interface PayoutBatchActivities {
  recordSubmission(input: SubmitBatchInput): Promise<BatchStatus>;
  recordApproval(input: ApproveBatchInput): Promise<BatchStatus>;
  recordRelease(input: ReleaseBatchInput): Promise<BatchStatus>;
  recordRecall(input: EndBatchInput): Promise<BatchStatus>;
  recordEdit(input: EditBatchInput): Promise<BatchStatus>;
  recordRejection(input: EndBatchInput): Promise<BatchStatus>;
  recordCancellation(input: EndBatchInput): Promise<BatchStatus>;
  readBatch(input: { batchId: string }): Promise<BatchStatus>;
  /** Pays the items of one slice, some tens of calls in flight; rows are claimed by state, so a repeat goes on. */
  paySlice(input: { batchId: string; slice: number }): Promise<{ sent: number; unknown: number; failed: number }>;
  /** Asks the rail about every item without an end yet (probe before resend); how many stay open. */
  refreshOpenItems(input: { batchId: string }): Promise<BatchStatus>;
  /** Renders, stores and mails the remittance advice of each settled item of one slice that has none yet. */
  issueRemittanceAdvices(input: { batchId: string; slice: number }): Promise<{ issued: number }>;
  /** PROCESSING → COMPLETED, or PARTIAL where items failed or came back; as it is while items are open again. */
  completeBatch(input: { batchId: string }): Promise<BatchStatus>;
}

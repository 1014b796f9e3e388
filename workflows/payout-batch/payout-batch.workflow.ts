import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  approveBatch,
  cancelBatch,
  databaseWork,
  itemsSettled,
  payoutSliceWork,
  rejectBatch,
  searchAttributes,
  submitBatch,
  type ApproveBatchInput,
  type BatchStatus,
  type EndBatchInput,
  type PayoutBatchActivities,
  type PayoutBatchInput,
  type SubmitBatchInput,
} from '../../libs/orchestration/index.js';
import { batchStates, type BatchAction, type BatchState } from '../../libs/payouts/domain/batch-state.js';
import { forEachSlice } from './for-each-slice.js';

const records = proxyActivities<PayoutBatchActivities>(databaseWork);
const rail = proxyActivities<PayoutBatchActivities>(payoutSliceWork);

/** How long the rail may take to report before it is asked: 2 s, 4 s, … 10 min. */
const firstPollMs = 2_000;
const longestPollMs = 600_000;

/** Whose turn it is, for operations; the lists that people see come from the rows. */
const awaitedRole: Partial<Record<BatchState, string>> = { draft: 'finance', frozen: 'finance_approver' };

/** Takes one batch from its draft over people's decisions to the rail's last word on it. The rows decide each step. */
export async function payoutBatch({ programId, batchId }: PayoutBatchInput): Promise<BatchStatus> {
  let batch: BatchStatus = { batchId, state: 'draft', openItems: 0, slices: 0 };
  let hasDecision = false;
  let isReported = false;

  const decide = async (record: () => Promise<BatchStatus>): Promise<BatchStatus> => {
    const decided = await record();
    hasDecision = true;
    show((batch = decided));
    return decided;
  };
  // Refused before it enters the history; the activity decides for good, against the row.
  const refuseUnless = (action: BatchAction, input: { batchId: string }) => {
    if (input.batchId !== batchId) throw ApplicationFailure.nonRetryable('this is another batch', 'not-found');
    if (batchStates.allows(batch.state, action)) return;
    throw ApplicationFailure.nonRetryable(`cannot ${action} while ${batch.state}`, 'illegal-transition');
  };
  setHandler(submitBatch, (input) => decide(() => records.recordSubmission(input)), {
    validator: (input: SubmitBatchInput) => refuseUnless('submit', input),
  });
  setHandler(approveBatch, (input) => decide(() => records.recordApproval(input)), {
    validator: (input: ApproveBatchInput) => {
      refuseUnless('approve', input);
      if (input.contentHash === batch.contentHash) return;
      throw ApplicationFailure.nonRetryable('the batch has another content hash', 'hash-mismatch');
    },
  });
  setHandler(rejectBatch, (input) => decide(() => records.recordRejection(input)), {
    validator: (input: EndBatchInput) => refuseUnless('reject', input),
  });
  setHandler(cancelBatch, (input) => decide(() => records.recordCancellation(input)), {
    validator: (input: EndBatchInput) => refuseUnless('cancel', input),
  });
  setHandler(itemsSettled, () => {
    isReported = true;
  });

  // A run may begin anywhere on the way: continued as new, or started twice by the outbox.
  const found = await records.readBatch({ batchId });
  if (!hasDecision) show((batch = found));

  await condition(() => !awaitsPeople(batch) || workflowInfo().continueAsNewSuggested);
  await condition(allHandlersFinished);
  if (awaitsPeople(batch)) await continueAsNew<typeof payoutBatch>({ programId, batchId });
  if (batch.state !== 'released') return batch;

  await forEachSlice(batch.slices, (slice) => rail.paySlice({ batchId, slice }));
  batch = await records.readBatch({ batchId });
  for (let pollMs = firstPollMs; batch.openItems > 0; pollMs = Math.min(pollMs * 2, longestPollMs)) {
    await condition(() => isReported, pollMs);
    isReported = false;
    batch = await rail.refreshOpenItems({ batchId });
    if (batch.openItems > 0 && workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof payoutBatch>({ programId, batchId });
    }
  }
  await forEachSlice(batch.slices, (slice) => rail.issueRemittanceAdvices({ batchId, slice }));
  show((batch = await records.completeBatch({ batchId })));
  await condition(allHandlersFinished);
  return batch;
}

function awaitsPeople({ state }: BatchStatus): boolean {
  return awaitedRole[state] !== undefined;
}

function show({ state }: BatchStatus): void {
  const role = awaitedRole[state];
  upsertSearchAttributes([
    { key: searchAttributes.batchStatus, value: state },
    { key: searchAttributes.awaitingRole, value: role === undefined ? [] : [role] },
  ]);
}

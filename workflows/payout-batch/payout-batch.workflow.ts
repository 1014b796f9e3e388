import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  databaseWork,
  itemsReady,
  itemsSettled,
  payoutSliceWork,
  type BatchStatus,
  type PayoutBatchActivities,
  type PayoutBatchInput,
} from '../../libs/orchestration/index.js';
import { payingBatchStates } from '../../libs/payouts/domain/batch-state.js';
import { BatchDesk } from './batch-desk.js';
import { forEachSlice } from './for-each-slice.js';

const records = proxyActivities<PayoutBatchActivities>(databaseWork);
const rail = proxyActivities<PayoutBatchActivities>(payoutSliceWork);

/** How long the rail may take to report before it is asked: 2 s, 4 s, … 10 min. */
const firstPollMs = 2_000;
const longestPollMs = 600_000;

/** Takes one batch from its draft over people's decisions to the rail's last word on it. The rows decide each step. */
export async function payoutBatch({ programId, batchId }: PayoutBatchInput): Promise<BatchStatus> {
  const desk = new BatchDesk(batchId, records);
  desk.open();
  let isReported = false;
  let hasMore = false;
  setHandler(itemsSettled, () => {
    isReported = true;
  });
  setHandler(itemsReady, () => {
    hasMore = true;
  });

  // A run may begin anywhere on the way: continued as new, or started twice by the outbox.
  desk.begin(await records.readBatch({ batchId }));
  await condition(() => !desk.awaitsPeople || workflowInfo().continueAsNewSuggested);
  await condition(allHandlersFinished);
  if (desk.awaitsPeople) await continueAsNew<typeof payoutBatch>({ programId, batchId });
  let { batch } = desk;
  if (!payingBatchStates.includes(batch.state)) return batch;

  const pay = () => forEachSlice(batch.slices, (slice) => rail.paySlice({ batchId, slice }));
  await pay();
  batch = await records.readBatch({ batchId });
  do {
    for (let pollMs = firstPollMs; batch.openItems > 0; pollMs = Math.min(pollMs * 2, longestPollMs)) {
      await condition(() => isReported || hasMore, pollMs);
      // A batch was resumed, or a failed item is to be tried again.
      if (hasMore) {
        hasMore = false;
        pollMs = firstPollMs;
        await pay();
      }
      isReported = false;
      batch = await rail.refreshOpenItems({ batchId });
      if (batch.openItems > 0 && workflowInfo().continueAsNewSuggested) {
        await condition(allHandlersFinished);
        await continueAsNew<typeof payoutBatch>({ programId, batchId });
      }
    }
    await forEachSlice(batch.slices, (slice) => rail.issueRemittanceAdvices({ batchId, slice }));
    batch = await records.completeBatch({ batchId });
    // Items are open again where a failed one was taken up between the last look and the end.
  } while (batch.openItems > 0);
  desk.show(batch);
  await condition(allHandlersFinished);
  return batch;
}

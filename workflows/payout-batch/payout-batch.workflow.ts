import {
  allHandlersFinished,
  condition,
  continueAsNew,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  itemsReady,
  itemsSettled,
  payoutSliceWork,
  wideDatabaseWork,
  type BatchStatus,
  type PayoutBatchActivities,
  type PayoutBatchInput,
} from '../../libs/orchestration/index.js';
import { payingBatchStates } from '../../libs/payouts/domain/batch-state.js';
import { BatchDesk } from './batch-desk.js';
import { forEachSlice } from './for-each-slice.js';

const records = proxyActivities<PayoutBatchActivities>(wideDatabaseWork);
const rail = proxyActivities<PayoutBatchActivities>(payoutSliceWork);

/** How long the rail may take to report before it is asked: 2 s, 4 s, … 10 min. */
const firstPollMs = 2_000;
const longestPollMs = 600_000;

/** A run begins no more slices beyond so many events: another one goes on, long before the server would ask for it. */
const fullHistory = 3_000;

/** Takes one batch from its draft over people's decisions to the rail's last word on it. The rows decide each step. */
export async function payoutBatch(input: PayoutBatchInput): Promise<BatchStatus> {
  const { programId, batchId, eventsPerRun = fullHistory } = input;
  // Of every run of this batch, whichever slice it begins with.
  const run = { programId, batchId, ...(input.eventsPerRun === undefined ? {} : { eventsPerRun }) };
  const isFull = () => workflowInfo().historyLength >= eventsPerRun && patched('goes-on-between-slices');
  const desk = new BatchDesk(batchId, records);
  desk.open();
  let isReported = false;
  let hasMore = input.hasMore ?? false;
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
  if (desk.awaitsPeople) await continueAsNew<typeof payoutBatch>(run);
  let { batch } = desk;
  const goOn = async (from: Pick<PayoutBatchInput, 'paidSlices' | 'advisedSlices'>): Promise<never> => {
    await condition(allHandlersFinished);
    // What was to be sent again is in slices that the next run takes for done.
    return continueAsNew<typeof payoutBatch>({ ...run, hasMore, ...from });
  };
  const advise = async (done = 0) => {
    const work = (slice: number) => rail.issueRemittanceAdvices({ batchId, slice });
    const advisedSlices = await forEachSlice(batch.slices, work, { done, isFull });
    if (advisedSlices < batch.slices) await goOn({ advisedSlices });
  };
  if (input.advisedSlices !== undefined) await advise(input.advisedSlices);
  if (!payingBatchStates.includes(batch.state)) return batch;

  const pay = async (done = 0) => {
    const paidSlices = await forEachSlice(batch.slices, (slice) => rail.paySlice({ batchId, slice }), { done, isFull });
    if (paidSlices < batch.slices) await goOn({ paidSlices });
  };
  await pay(input.paidSlices);
  batch = await records.readBatch({ batchId });
  let isAdvisedLast: boolean;
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
        await continueAsNew<typeof payoutBatch>(run);
      }
    }
    // Whoever is paid is told so afterwards: that takes long, and finance need not wait for it.
    isAdvisedLast = patched('advises-after-the-end');
    if (!isAdvisedLast) await advise();
    batch = await records.completeBatch({ batchId });
    // Items are open again where a failed one was taken up between the last look and the end.
  } while (batch.openItems > 0);
  desk.show(batch);
  if (isAdvisedLast) await advise();
  await condition(allHandlersFinished);
  return batch;
}

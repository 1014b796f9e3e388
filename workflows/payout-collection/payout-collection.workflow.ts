import { proxyActivities } from '@temporalio/workflow';
import {
  longWork,
  patientWork,
  systemActor,
  type CollectionResult,
  type CommissionVestingActivities,
  type PayoutCollectionActivities,
  type PayoutCollectionInput,
} from '../../libs/orchestration/index.js';
import { cutOffOf } from '../scheduled-cut-off.js';

const { vestCommissions } = proxyActivities<CommissionVestingActivities>(patientWork);
// One transaction for all partners, however many.
const { draftBatch } = proxyActivities<PayoutCollectionActivities>(longWork);

/**
 * Drafts the batch of one cut-off and ends: the batch's own workflow, started by the outbox, waits for people, so that
 * a batch nobody looks at never holds back the next one.
 */
export async function payoutCollection(input: PayoutCollectionInput): Promise<CollectionResult> {
  const run = { ...systemActor, ...input, cutOffMs: cutOffOf(input) };
  // Two Schedules may fire in either order: vesting here makes a batch depend on its cut-off alone.
  await vestCommissions(run);
  return draftBatch(run);
}

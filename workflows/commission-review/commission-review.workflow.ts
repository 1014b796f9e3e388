import { proxyActivities } from '@temporalio/workflow';
import {
  longWork,
  systemActor,
  type CommissionReviewActivities,
  type CommissionReviewInput,
  type ReviewResult,
} from '../../libs/orchestration/index.js';
import { cutOffOf } from '../scheduled-cut-off.js';

const { reviewCommissions } = proxyActivities<CommissionReviewActivities>(longWork);

/** Looks at new events by the rules that hold, and at the deadlines of holds and disputes, up to the cut-off. */
export function commissionReview(input: CommissionReviewInput): Promise<ReviewResult> {
  return reviewCommissions({ ...systemActor, ...input, cutOffMs: cutOffOf(input) });
}

import type { Actor } from './actor.js';
import type { CutOffRun } from './cut-off-run.js';
import { taskQueues } from './task-queues.js';

/** Runs on a Schedule of the program: looks at new events by the rules that hold, and at deadlines of holds and disputes. */
export const commissionReview = {
  type: 'commissionReview',
  taskQueue: taskQueues.money,
  scheduleId: (programId: string) => `commission-review/${programId}`,
  workflowId: (programId: string, cutOffMs?: number) =>
    `commission-review/${programId}${cutOffMs === undefined ? '' : `/${cutOffMs}`}`,
} as const;

export interface CommissionReviewInput extends Partial<Actor> {
  programId: string;
  /** Epoch milliseconds; absent on a Schedule, where the scheduled time is the cut-off. */
  cutOffMs?: number;
}

export interface ReviewResult {
  /** Events that the rules have looked at. */
  examined: number;
  /** Holds that were placed. */
  placed: number;
  /** Holds that have expired, whose owners were asked for a decision. */
  asked: number;
  remindedDisputes: number;
}

export interface CommissionReviewActivities {
  /** Looks at what arrived before the cut-off; repeatable: nothing is held or asked for twice. */
  reviewCommissions(input: CutOffRun): Promise<ReviewResult>;
}

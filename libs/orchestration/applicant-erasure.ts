import type { Actor } from './actor.js';
import type { CutOffRun } from './cut-off-run.js';
import { taskQueues } from './task-queues.js';

/** Runs on a Schedule of the program: erases people whose application came to nothing longer ago than it keeps them. */
export const applicantErasure = {
  type: 'applicantErasure',
  taskQueue: taskQueues.contracting,
  scheduleId: (programId: string) => `applicant-erasure/${programId}`,
  workflowId: (programId: string, cutOffMs?: number) =>
    `applicant-erasure/${programId}${cutOffMs === undefined ? '' : `/${cutOffMs}`}`,
} as const;

export interface ApplicantErasureInput extends Partial<Actor> {
  programId: string;
  /** Epoch milliseconds; absent on a Schedule, where the scheduled time is the cut-off. */
  cutOffMs?: number;
}

export interface ErasureResult {
  /** How many applicants this run erased. */
  erased: number;
}

export interface ApplicantErasureActivities {
  /** Erases every applicant whose application ended before the cut-off less the program's retention; repeatable. */
  eraseApplicants(input: CutOffRun): Promise<ErasureResult>;
}

import type { Actor } from './actor.js';
import type { CutOffRun } from './cut-off-run.js';
import { taskQueues } from './task-queues.js';

/** Runs on a Schedule of the program: moves what has been held long enough from accrued to payable. */
export const commissionVesting = {
  type: 'commissionVesting',
  taskQueue: taskQueues.money,
  scheduleId: (programId: string) => `commission-vesting/${programId}`,
  workflowId: (programId: string, cutOffMs?: number) =>
    `commission-vesting/${programId}${cutOffMs === undefined ? '' : `/${cutOffMs}`}`,
} as const;

export interface CommissionVestingInput extends Partial<Actor> {
  programId: string;
  /** Epoch milliseconds; absent on a Schedule, where the scheduled time is the cut-off. */
  cutOffMs?: number;
}

export interface VestingResult {
  lines: number;
  /** Minor units of the program's currency, net; a decimal string because it is a bigint inside. */
  vestedMinor: string;
}

export interface CommissionVestingActivities {
  /** Vests every line whose holding period ended before the cut-off (`occurredAt` + holding < cut-off); repeatable. */
  vestCommissions(input: CutOffRun): Promise<VestingResult>;
}

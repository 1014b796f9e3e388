import type { Actor } from './actor.js';
import type { CutOffRun } from './cut-off-run.js';
import { taskQueues } from './task-queues.js';

/** Runs on a Schedule of the program: does what fell due in the lives of its agreements up to a cut-off. */
export const agreementCalendar = {
  type: 'agreementCalendar',
  taskQueue: taskQueues.contracting,
  scheduleId: (programId: string) => `agreement-calendar/${programId}`,
  workflowId: (programId: string, cutOffMs?: number) =>
    `agreement-calendar/${programId}${cutOffMs === undefined ? '' : `/${cutOffMs}`}`,
} as const;

/** What was done. A run that is repeated counts what was left for it. */
export interface CalendarCounts {
  ended: number;
  renewed: number;
  /** Agreements offered for renewal. */
  offered: number;
  /** Notices sent of ends and renewals to come. */
  notices: number;
  /** Agreements with obligations to be checked. */
  checkpoints: number;
}

export interface CalendarResult extends CalendarCounts {
  /** The first agreements, at most a hundred, that could not be worked on: an operator has to look at them. */
  failed: string[];
}

export interface AgreementCalendarInput extends Partial<Actor> {
  programId: string;
  /** Epoch milliseconds; absent on a Schedule, where the scheduled time is the cut-off. */
  cutOffMs?: number;
  /** Where a run of very many agreements goes on, and what it did so far. */
  continued?: { after: string; result: CalendarResult };
}

export interface CalendarSliceInput extends CutOffRun {
  /** The id of the last agreement of the slice before. */
  after?: string;
}

export interface CalendarSlice {
  done: CalendarCounts;
  failed: string[];
  /** Where the next slice begins; null after the last. */
  next: string | null;
}

export interface AgreementCalendarActivities {
  /** Does what is due at the cut-off for the next agreements in the order of their ids; repeatable. */
  runCalendarSlice(input: CalendarSliceInput): Promise<CalendarSlice>;
}

import type { Actor } from './actor.js';

/** One run of something that a program's Schedules do up to a cut-off; the same cut-off is the same run. */
export interface CutOffRun extends Actor {
  programId: string;
  /** Epoch milliseconds. */
  cutOffMs: number;
}

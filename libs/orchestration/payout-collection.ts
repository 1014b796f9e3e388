import type { Actor } from './actor.js';
import type { CutOffRun } from './cut-off-run.js';
import { taskQueues } from './task-queues.js';

/** Runs on a Schedule of the program: drafts one batch and starts its workflow apart from itself (by the outbox). */
export const payoutCollection = {
  type: 'payoutCollection',
  taskQueue: taskQueues.money,
  scheduleId: (programId: string) => `payout-collection/${programId}`,
  workflowId: (programId: string, cutOffMs?: number) =>
    `payout-collection/${programId}${cutOffMs === undefined ? '' : `/${cutOffMs}`}`,
} as const;

export interface PayoutCollectionInput extends Partial<Actor> {
  programId: string;
  /** Epoch milliseconds; absent on a Schedule, where the scheduled time is the cut-off. */
  cutOffMs?: number;
}

export interface CollectionResult {
  /** Absent when no partner reached its minimum. */
  batchId?: string;
  items: number;
  /** What the partners get. */
  totalMinor: string;
  /** What is withheld for the tax office beside it; absent where nothing is. */
  withheldMinor?: string;
  carriedMinor: string;
  /** How many partners were left out, by cause (`suspended`, `below_minimum`, …); absent in runs of before. */
  carried?: Partial<Record<string, number>>;
  /** How many items are held; absent where none is. */
  held?: number;
  /** Codes that were issued for what was earned as credit, and partners who wait for theirs; absent where there are none. */
  credits?: { issued: number; held: number };
  /** What was collected in other currencies than the program's, where anything was. */
  others?: (Omit<CollectionResult, 'others' | 'credits'> & { currency: string })[];
}

export interface PayoutCollectionActivities {
  /** Drafts the batch of this cut-off unless it exists; per partner what vested until then, when above its minimum. */
  draftBatch(input: CutOffRun): Promise<CollectionResult>;
}

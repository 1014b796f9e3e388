import { addCalendarDuration } from '../../libs/kernel/calendar.js';
import { timeZoneOf, type Terms } from '../../libs/agreements/domain/index.js';
import { ApiProblem, waitFor, type BatchDetail, type CollectionResult } from '../client/index.js';
import { patienceMs, type Rehearsal } from './rehearsal.js';

/** How long the rail may take for all batches of a year. */
const settlingMs = 3_600_000;
const endStates: ReadonlySet<string> = new Set(['completed', 'partial', 'rejected', 'cancelled']);

export interface Payouts {
  /** Every batch that was made, in its end state. */
  batches: BatchDetail[];
  /** What the last collection carried over, in minor units. */
  carriedMinor: number;
}

/**
 * The first instant (UTC) of each month after the first event, up to the first one at which all has vested; those in the
 * future are left out, since nothing can vest before its time.
 */
export function monthlyCutOffs(firstAt: Date, lastAt: Date, terms: Terms, now: Date): Date[] {
  const vestedAt = addCalendarDuration(lastAt, terms.payment.holding, timeZoneOf(terms));
  const cutOffs: Date[] = [];
  for (let cutOff = nextMonth(firstAt); ; cutOff = nextMonth(cutOff)) {
    if (cutOff.getTime() > now.getTime()) return cutOffs;
    cutOffs.push(cutOff);
    // Vested is what happened, its holding period over, before the cut-off.
    if (vestedAt.getTime() < cutOff.getTime()) return cutOffs;
  }
}

function nextMonth(instant: Date): Date {
  return new Date(Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth() + 1, 1));
}

/**
 * Vests and collects month by month, each batch made by one person and approved by another, and waits until the rail has
 * paid them all. A batch is on its way while the next one is collected.
 */
export async function payMonthly(rehearsal: Rehearsal, cutOffs: readonly Date[]): Promise<Payouts> {
  const { api, programId, progress } = rehearsal;
  const batchIds: string[] = [];
  let last: CollectionResult | undefined;
  await progress.phase('months', cutOffs.length, async (advance) => {
    for (const cutOff of cutOffs) {
      const key = `rehearsal/${programId}/${cutOff.toISOString()}`;
      await api.vest(programId, cutOff, `${key}/vesting`);
      last = await api.collect(programId, cutOff, `${key}/collection`);
      if (last.batchId !== null) {
        batchIds.push(last.batchId);
        await release(rehearsal, last.batchId);
      }
      advance();
    }
  });
  const batches = await settled(rehearsal, batchIds);
  return { batches, carriedMinor: last?.carried.amountMinor ?? 0 };
}

/** Finance submits, a finance approver approves; what was done before is left out. */
async function release({ api, signal }: Rehearsal, batchId: string): Promise<void> {
  const isReleased = async (): Promise<true | undefined> => {
    const batch = await api.batch(batchId);
    try {
      if (batch.state === 'draft') await api.submitBatch(batchId, `rehearsal/submission/${batchId}`);
      else if (batch.state !== 'frozen') return true;
      const { contentHash } = await api.batch(batchId);
      if (contentHash === null) return undefined;
      await api.approveBatch(batchId, contentHash, `rehearsal/approval/${batchId}`);
      return true;
    } catch (error) {
      // The answer to an act that was done may have been lost: the batch itself tells how far it is.
      if (error instanceof ApiProblem && error.code === 'illegal-transition') return undefined;
      throw error;
    }
  };
  await waitFor(isReleased, { what: `batch ${batchId} to be released`, patienceMs, signal });
}

async function settled({ api, progress, signal }: Rehearsal, batchIds: readonly string[]): Promise<BatchDetail[]> {
  const ended: BatchDetail[] = [];
  const first = await Promise.all(batchIds.map((id) => api.batch(id)));
  const items = first.reduce((sum, { itemCount }) => sum + itemCount, 0);
  await progress.phase('payouts', items, async (advance) => {
    for (const id of batchIds) {
      let shown = 0;
      const isEnded = async (): Promise<BatchDetail | undefined> => {
        const batch = await api.batch(id);
        const settledItems = batch.itemStates.find(({ state }) => state === 'settled')?.items ?? 0;
        const closed = endStates.has(batch.state) ? batch.itemCount : settledItems;
        advance(closed - shown);
        shown = closed;
        return endStates.has(batch.state) ? batch : undefined;
      };
      ended.push(await waitFor(isEnded, { what: `batch ${id} to be paid`, patienceMs: settlingMs, signal }));
    }
  });
  return ended;
}

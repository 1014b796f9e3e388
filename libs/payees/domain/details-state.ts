import { elapsedMs } from '../../kernel/elapsed.js';
import { TransitionTable } from '../../kernel/transition-table.js';

/** How a version of payout details stands in its row; what time makes of an approved one is `standingOf`'s to say. */
export type DetailsState = 'awaiting_approval' | 'approved' | 'rejected' | 'withdrawn';
export type DetailsAction = 'approve' | 'reject' | 'withdraw';

export const detailsStates = new TransitionTable<DetailsState, DetailsAction>('payout details', {
  awaiting_approval: { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn' },
  // Only while they cool off: what pays already is changed by other details.
  approved: { withdraw: 'withdrawn' },
  rejected: {},
  withdrawn: {},
});

/** How a version stands at an instant. */
export type DetailsStanding = Exclude<DetailsState, 'approved'> | 'cooling_off' | 'in_use' | 'replaced';

export interface DetailsTimes {
  state: DetailsState;
  /** From when on they pay; null until they are approved. */
  effectiveAt: Date | null;
}

/** `isNewest` among the approved versions whose time has come. */
export function standingOf({ state, effectiveAt }: DetailsTimes, at: Date, isNewest: boolean): DetailsStanding {
  if (state !== 'approved') return state;
  if (effectiveAt === null || effectiveAt.getTime() > at.getTime()) return 'cooling_off';
  return isNewest ? 'in_use' : 'replaced';
}

/**
 * From when on approved details pay. The first ones pay at once: there is no older account that could be robbed. A
 * change pays when it is approved and the cooling-off since it was asked for, and announced to the address from before,
 * is over.
 */
export function effectiveFrom(
  change: { submittedAt: Date; approvedAt: Date; isFirst: boolean },
  coolingOff: string,
): Date {
  if (change.isFirst) return change.approvedAt;
  const over = change.submittedAt.getTime() + elapsedMs(coolingOff);
  return new Date(Math.max(over, change.approvedAt.getTime()));
}

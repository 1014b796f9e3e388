import { TransitionTable } from '../../kernel/transition-table.js';

/**
 * `open` until its expiry, `overdue` until somebody decides: neither ever pays by itself. `released` lets what the event
 * has earned go on; `rejected` takes it back.
 */
export type HoldState = 'open' | 'overdue' | 'released' | 'rejected';
export type HoldAction = 'expire' | 'extend' | 'release' | 'reject';

export const holdStates = new TransitionTable<HoldState, HoldAction>('hold', {
  open: { expire: 'overdue', extend: 'open', release: 'released', reject: 'rejected' },
  overdue: { expire: 'overdue', extend: 'open', release: 'released', reject: 'rejected' },
  released: {},
  rejected: {},
});

/** Why an event is held: by one of the rules, or by a person. */
export const holdCauses = [
  'customer_sales', // more sales of one customer than the limit
  'self_purchase', // the partner bought from itself
  'refund_rate', // too many of the partner's sales come back
  'burst', // far more sales than the partner usually has
  'leaked_coupon', // the coupon is on the list of leaked ones
  'manual', // somebody of the company wants to look into it; the note says why
] as const;

export type HoldCause = (typeof holdCauses)[number];

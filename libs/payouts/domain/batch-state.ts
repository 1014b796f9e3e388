import { TransitionTable, type Transitions } from '../../kernel/transition-table.js';

/** money.md, Batch and item states; one approval both approves and releases here. */
export type BatchState = 'draft' | 'frozen' | 'released' | 'completed' | 'partial' | 'rejected' | 'cancelled';
export type BatchAction = 'submit' | 'approve' | 'reject' | 'cancel' | 'complete' | 'complete_partially';

const batchMoves = {
  draft: { submit: 'frozen', cancel: 'cancelled' },
  frozen: { approve: 'released', reject: 'rejected' },
  released: { complete: 'completed', complete_partially: 'partial' },
  completed: {},
  partial: {},
  rejected: {},
  cancelled: {},
} as const satisfies Transitions<BatchState, BatchAction>;

export const batchStates = new TransitionTable<BatchState, BatchAction, typeof batchMoves>('payout batch', batchMoves);

export type ItemState =
  | 'pending' // drafted, nothing reserved
  | 'reserved'
  | 'sending' // an attempt is on its way; its key was stored before
  | 'unknown' // the rail did not say what became of it: probe before any resend
  | 'submitted' // the rail has it
  | 'settled'
  | 'failed' // the rail refused it; the money is held until a person releases it
  | 'returned' // the rail gave it back after settling
  | 'superseded'; // its batch was rejected or cancelled

export type ItemAction = 'reserve' | 'send' | 'lose_track' | 'accept' | 'settle' | 'refuse' | 'return' | 'supersede';

const itemMoves = {
  pending: { reserve: 'reserved', supersede: 'superseded' },
  reserved: { send: 'sending', supersede: 'superseded' },
  sending: { send: 'sending', lose_track: 'unknown', accept: 'submitted', settle: 'settled', refuse: 'failed' },
  unknown: { send: 'sending', lose_track: 'unknown', accept: 'submitted', settle: 'settled', refuse: 'failed' },
  submitted: { settle: 'settled', refuse: 'failed', return: 'returned' },
  settled: { return: 'returned' },
  failed: {},
  returned: {},
  superseded: {},
} as const satisfies Transitions<ItemState, ItemAction>;

export const itemStates = new TransitionTable<ItemState, ItemAction, typeof itemMoves>('payout item', itemMoves);

/** The states of an item that is on its way: the rail has not said its last word. */
export const openItemStates: readonly ItemState[] = ['reserved', 'sending', 'unknown', 'submitted'];

/** The states from which `action` is allowed: what a compare-and-set over many items compares with. */
export function itemStatesThatAllow(action: ItemAction): ItemState[] {
  const states = Object.keys(itemStates.table) as ItemState[];
  return states.filter((state) => itemStates.allows(state, action));
}

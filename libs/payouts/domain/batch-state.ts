import { TransitionTable, type Transitions } from '../../kernel/transition-table.js';

/** money.md, Batch and item states. */
export type BatchState =
  | 'draft' // collected; nothing is reserved
  | 'frozen' // hashed and reserved; nobody has approved it yet
  | 'in_approval' // some approvals are there, and not all
  | 'approval_blocked' // nobody is left who may approve it
  | 'approved' // waits for its release
  | 'released'
  | 'processing' // the first items went to the rail
  | 'completed'
  | 'partial' // ended, and some items failed or came back
  | 'reconciled' // items, ledger and rail were held against each other
  | 'closed'
  | 'rejected' // by an approver; what was reserved went back
  | 'recalled' // by finance, before its release; what was reserved went back
  | 'cancelled'; // as a draft

export type BatchAction =
  | 'submit'
  | 'edit'
  | 'approve_partly'
  | 'approve'
  | 'block'
  | 'release'
  | 'reject'
  | 'recall'
  | 'cancel'
  | 'pay'
  | 'complete'
  | 'complete_partially'
  | 'retry'
  | 'reconcile'
  | 'close';

/** What may be done to a batch that waits for approvals. Any edit takes it back to where nobody has approved it. */
const inQuestion = {
  approve_partly: 'in_approval',
  approve: 'approved',
  block: 'approval_blocked',
  edit: 'frozen',
  reject: 'rejected',
  recall: 'recalled',
} as const;

const batchMoves = {
  draft: { submit: 'frozen', edit: 'draft', cancel: 'cancelled' },
  frozen: inQuestion,
  in_approval: inQuestion,
  approval_blocked: inQuestion,
  approved: { release: 'released', edit: 'frozen', reject: 'rejected', recall: 'recalled' },
  released: { pay: 'processing', complete: 'completed', complete_partially: 'partial' },
  processing: { complete: 'completed', complete_partially: 'partial' },
  completed: { reconcile: 'reconciled' },
  partial: { retry: 'processing', reconcile: 'reconciled' },
  reconciled: { reconcile: 'reconciled', close: 'closed' },
  closed: {},
  rejected: {},
  recalled: {},
  cancelled: {},
} as const satisfies Transitions<BatchState, BatchAction>;

export const batchStates = new TransitionTable<BatchState, BatchAction, typeof batchMoves>('payout batch', batchMoves);

/** The states of a batch whose money is leaving. */
export const payingBatchStates: readonly BatchState[] = ['released', 'processing'];

export type ItemState =
  | 'pending' // drafted and not checked yet
  | 'screened' // checked: nothing was found; nothing is reserved
  | 'held' // checked: something was found, or a person took it out; no part of the batch's total or hash
  | 'reserved'
  | 'sending' // an attempt is on its way; its key was stored before
  | 'unknown' // the rail did not say what became of it: probe before any resend
  | 'submitted' // the rail has it
  | 'settled'
  | 'failed' // the rail refused it; the money is held until a person releases or retries it
  | 'returned' // the rail gave it back after settling
  | 'superseded'; // its batch was rejected, recalled or cancelled, or was released without it

export type ItemAction =
  | 'screen'
  | 'hold'
  | 'clear'
  | 'reserve'
  | 'send'
  | 'lose_track'
  | 'accept'
  | 'settle'
  | 'refuse'
  | 'retry'
  | 'return'
  | 'supersede';

const itemMoves = {
  pending: { screen: 'screened', hold: 'held', supersede: 'superseded' },
  screened: { hold: 'held', reserve: 'reserved', supersede: 'superseded' },
  held: { clear: 'screened', supersede: 'superseded' },
  reserved: { hold: 'held', send: 'sending', supersede: 'superseded' },
  sending: { send: 'sending', lose_track: 'unknown', accept: 'submitted', settle: 'settled', refuse: 'failed' },
  unknown: { send: 'sending', lose_track: 'unknown', accept: 'submitted', settle: 'settled', refuse: 'failed' },
  submitted: { settle: 'settled', refuse: 'failed', return: 'returned' },
  settled: { return: 'returned' },
  failed: { retry: 'reserved' },
  returned: {},
  superseded: {},
} as const satisfies Transitions<ItemState, ItemAction>;

export const itemStates = new TransitionTable<ItemState, ItemAction, typeof itemMoves>('payout item', itemMoves);

/** The states of an item that is on its way: the rail has not said its last word. */
export const openItemStates: readonly ItemState[] = ['reserved', 'sending', 'unknown', 'submitted'];

/** The states of an item of which nothing was reserved yet: its batch is a draft, or goes without it. */
export const unreservedItemStates: readonly ItemState[] = ['pending', 'screened', 'held'];

/** The states from which `action` is allowed: what a compare-and-set over many items compares with. */
export function itemStatesThatAllow(action: ItemAction): ItemState[] {
  const states = Object.keys(itemStates.table) as ItemState[];
  return states.filter((state) => itemStates.allows(state, action));
}

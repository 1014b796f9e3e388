import { TransitionTable } from '../../kernel/transition-table.js';

export type WriteOffState = 'proposed' | 'approved' | 'refused' | 'withdrawn';
export type WriteOffAction = 'approve' | 'refuse' | 'withdraw';

/** A write-off is proposed by one person and approved by another; the books move with the approval alone. */
export const writeOffStates = new TransitionTable<WriteOffState, WriteOffAction>('write-off', {
  proposed: { approve: 'approved', refuse: 'refused', withdraw: 'withdrawn' },
  approved: {},
  refused: {},
  withdrawn: {},
});

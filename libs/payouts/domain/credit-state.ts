import { TransitionTable, type Transitions } from '../../kernel/transition-table.js';

export type CreditState =
  | 'issued' // the partner can redeem it
  | 'redeemed' // used up, in one go
  | 'voided'; // taken back before anybody redeemed it: it counts as returned

export type CreditAction = 'redeem' | 'void';

const creditMoves = {
  issued: { redeem: 'redeemed', void: 'voided' },
  redeemed: {},
  voided: {},
} as const satisfies Transitions<CreditState, CreditAction>;

export const creditStates = new TransitionTable<CreditState, CreditAction, typeof creditMoves>(
  'store credit',
  creditMoves,
);

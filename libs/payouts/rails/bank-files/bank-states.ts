import { TransitionTable, type Transitions } from '../../../kernel/transition-table.js';

export type BankFileState =
  | 'prepared' // made and stored; the bank has not got it
  | 'handed_over' // once, and never again
  | 'acknowledged' // the bank has taken it
  | 'rejected'; // the bank pays nothing of it
export type BankFileAction = 'hand_over' | 'acknowledge' | 'reject';

const fileMoves = {
  prepared: { hand_over: 'handed_over' },
  handed_over: { acknowledge: 'acknowledged', reject: 'rejected' },
  acknowledged: { reject: 'rejected' },
  rejected: {},
} as const satisfies Transitions<BankFileState, BankFileAction>;

export const bankFileStates = new TransitionTable<BankFileState, BankFileAction, typeof fileMoves>(
  'bank file',
  fileMoves,
);

export type InstructionState =
  | 'written' // waits for a file
  | 'filed' // in a file
  | 'accepted' // the bank will pay
  | 'settled' // the money has left
  | 'rejected' // the bank did not pay
  | 'returned'; // it paid, and all of it came back
export type InstructionAction = 'file' | 'accept' | 'settle' | 'reject' | 'return';

const instructionMoves = {
  written: { file: 'filed' },
  filed: { accept: 'accepted', settle: 'settled', reject: 'rejected', return: 'returned' },
  accepted: { settle: 'settled', reject: 'rejected', return: 'returned' },
  settled: { return: 'returned' },
  rejected: {},
  returned: {},
} as const satisfies Transitions<InstructionState, InstructionAction>;

export const instructionStates = new TransitionTable<InstructionState, InstructionAction, typeof instructionMoves>(
  'bank instruction',
  instructionMoves,
);

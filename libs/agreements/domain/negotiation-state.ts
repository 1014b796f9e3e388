import { TransitionTable, type Transitions } from '../../kernel/transition-table.js';

export type Side = 'company' | 'partner';
/** `lapsed`: nobody answered the round on the table in time. Whatever was in force before stays in force. */
export type NegotiationState = 'open' | 'agreed' | 'withdrawn' | 'lapsed';
/** `retract` takes one's own unanswered proposal back, so that the one before it stands again. */
export type NegotiationAction = 'propose' | 'retract' | 'accept' | 'withdraw' | 'lapse';

const negotiationMoves = {
  open: { propose: 'open', retract: 'open', accept: 'agreed', withdraw: 'withdrawn', lapse: 'lapsed' },
  agreed: {},
  withdrawn: {},
  lapsed: {},
} as const satisfies Transitions<NegotiationState, NegotiationAction>;

export const negotiationStates = new TransitionTable<NegotiationState, NegotiationAction, typeof negotiationMoves>(
  'negotiation',
  negotiationMoves,
);

/** `superseded`: another move came before the approval, so that what was to be approved answers nothing any more. */
export type ApprovalState = 'pending' | 'approved' | 'rejected' | 'withdrawn' | 'superseded';
/** `withdraw` is the proposer's own; the others belong to the roles that are asked. */
export type ApprovalAction = 'approve' | 'reject' | 'withdraw' | 'supersede';

const approvalMoves = {
  pending: { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn', supersede: 'superseded' },
  approved: {},
  rejected: {},
  withdrawn: {},
  superseded: {},
} as const satisfies Transitions<ApprovalState, ApprovalAction>;

export const approvalStates = new TransitionTable<ApprovalState, ApprovalAction, typeof approvalMoves>(
  'internal approval',
  approvalMoves,
);

export function otherSide(side: Side): Side {
  return side === 'company' ? 'partner' : 'company';
}

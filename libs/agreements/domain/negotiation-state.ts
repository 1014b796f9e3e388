import { TransitionTable } from '../../kernel/transition-table.js';

export type Side = 'company' | 'partner';
export type NegotiationState = 'open' | 'agreed' | 'withdrawn';
export type NegotiationAction = 'propose' | 'accept' | 'withdraw';

export const negotiationStates = new TransitionTable<NegotiationState, NegotiationAction>('negotiation', {
  open: { propose: 'open', accept: 'agreed', withdraw: 'withdrawn' },
  agreed: {},
  withdrawn: {},
});

export function otherSide(side: Side): Side {
  return side === 'company' ? 'partner' : 'company';
}

import { TransitionTable } from '../../kernel/transition-table.js';

/**
 * `in_force` from activation on; `under_notice` once an end was set by notice; `ended` when that or the term's end has
 * come. What events earn is decided by the versions' intervals alone, however late this state follows.
 */
export type AgreementState = 'in_force' | 'under_notice' | 'ended';
export type AgreementAction = 'give_notice' | 'take_back' | 'end';

export const agreementStates = new TransitionTable<AgreementState, AgreementAction>('agreement', {
  in_force: { give_notice: 'under_notice', end: 'ended' },
  under_notice: { take_back: 'in_force', end: 'ended' },
  ended: {},
});

/**
 * A notice of termination: given, then taken back by the side that gave it, or in effect. One that has not taken effect
 * is superseded by a termination for cause, or by a notice of the other side that ends the agreement before; it counts again
 * where that one is taken back.
 */
export type TerminationState = 'given' | 'taken_back' | 'superseded' | 'effective';
export type TerminationAction = 'take_back' | 'supersede' | 'reinstate' | 'take_effect';

export const terminationStates = new TransitionTable<TerminationState, TerminationAction>('termination', {
  given: { take_back: 'taken_back', supersede: 'superseded', take_effect: 'effective' },
  taken_back: {},
  superseded: { reinstate: 'given' },
  effective: {},
});

/** An offer to renew for one more term: `lapsed` when nobody answered, or when the agreement ends before. */
export type RenewalState = 'open' | 'consented' | 'declined' | 'lapsed';
export type RenewalAction = 'consent' | 'decline' | 'lapse';

export const renewalStates = new TransitionTable<RenewalState, RenewalAction>('renewal', {
  open: { consent: 'consented', decline: 'declined', lapse: 'lapsed' },
  consented: {},
  declined: {},
  lapsed: {},
});

/** Why an agreement came to its end. */
export type EndCause = 'term' | 'no_consent' | 'notice' | 'for_cause';

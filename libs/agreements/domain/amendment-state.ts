import { TransitionTable, type Transitions } from '../../kernel/transition-table.js';

/**
 * A change of an agreement in force on its way. `awaiting_approval`: the company's own people have still to approve it, and
 * the partner knows nothing. `announcing` and `noticed`: nothing of it needs consent, so that a notice is given and its
 * period runs. `negotiating` and `signing`: both sides have to agree. In every end but `adopted` what was in force stays so.
 */
export type AmendmentState =
  | 'awaiting_approval'
  | 'announcing'
  | 'noticed'
  | 'negotiating'
  | 'signing'
  | 'adopted'
  | 'refused'
  | 'withdrawn'
  | 'expired'
  | 'cancelled';

/** `refuse` is the other side's, or of who is asked to approve; `cancel` is what happens to the agreement itself. */
export type AmendmentAction =
  'negotiate' | 'announce' | 'notify' | 'object' | 'agree' | 'adopt' | 'refuse' | 'withdraw' | 'expire' | 'cancel';

const amendmentMoves = {
  awaiting_approval: {
    negotiate: 'negotiating',
    announce: 'announcing',
    refuse: 'refused',
    withdraw: 'withdrawn',
    cancel: 'cancelled',
  },
  announcing: { notify: 'noticed', withdraw: 'withdrawn', cancel: 'cancelled' },
  noticed: { object: 'negotiating', adopt: 'adopted', withdraw: 'withdrawn', cancel: 'cancelled' },
  negotiating: { agree: 'signing', withdraw: 'withdrawn', expire: 'expired', cancel: 'cancelled' },
  signing: { adopt: 'adopted', refuse: 'refused', withdraw: 'withdrawn', expire: 'expired', cancel: 'cancelled' },
  adopted: {},
  refused: {},
  withdrawn: {},
  expired: {},
  cancelled: {},
} as const satisfies Transitions<AmendmentState, AmendmentAction>;

export const amendmentStates = new TransitionTable<AmendmentState, AmendmentAction, typeof amendmentMoves>(
  'amendment',
  amendmentMoves,
);

/** Why an amendment ended without a new version. */
export type AmendmentCause =
  | 'approval_rejected'
  | 'approval_withdrawn'
  | 'overtaken'
  | 'notice_withdrawn'
  | 'negotiation_withdrawn'
  | 'negotiation_lapsed'
  | 'no_change'
  | 'envelope_declined'
  | 'envelope_voided'
  | 'envelope_expired'
  | 'agreement_terminated'
  | 'agreement_ended';

import { TransitionTable, type Transitions } from '../../kernel/transition-table.js';

/**
 * `unverified` until the applicant proves its mail address; `information_requested` while it has a question to answer;
 * `approved` lasts until the contract is executed; `active` is the partner's; `lapsed` when no contract came about.
 */
export type ApplicationStage =
  | 'unverified'
  | 'in_review'
  | 'information_requested'
  | 'approved'
  | 'active'
  | 'rejected'
  | 'withdrawn'
  | 'expired'
  | 'lapsed';
export type DecisionAction = 'approve' | 'reject';
export type ApplicationAction =
  | DecisionAction
  | 'verify'
  | 'request_information'
  | 'answer_information'
  | 'miss_information'
  | 'withdraw'
  | 'expire'
  | 'activate'
  | 'lapse';

const ends = { withdraw: 'withdrawn', expire: 'expired' } as const;
const decisions = { approve: 'approved', reject: 'rejected' } as const;

const applicationMoves = {
  unverified: { verify: 'in_review', ...ends },
  in_review: { ...decisions, request_information: 'information_requested', ...ends },
  information_requested: {
    ...decisions,
    answer_information: 'in_review',
    miss_information: 'in_review',
    ...ends,
  },
  approved: { withdraw: 'withdrawn', activate: 'active', lapse: 'lapsed' },
  active: {},
  rejected: {},
  withdrawn: {},
  expired: {},
  lapsed: {},
} as const satisfies Transitions<ApplicationStage, ApplicationAction>;

export const applicationStages = new TransitionTable<ApplicationStage, ApplicationAction, typeof applicationMoves>(
  'application',
  applicationMoves,
);

/** Whether somebody still has to decide: what its deadlines are about. */
export function isUndecided(stage: ApplicationStage): boolean {
  return stage === 'unverified' || stage === 'in_review' || stage === 'information_requested';
}

/** Whether an application came to nothing: its applicant's personal data may be erased. */
export function isErasable(stage: ApplicationStage): boolean {
  return stage === 'rejected' || stage === 'withdrawn' || stage === 'expired' || stage === 'lapsed';
}

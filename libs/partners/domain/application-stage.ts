import { TransitionTable } from '../../kernel/transition-table.js';

/** `approved` lasts until the contract is executed; `active` is the partner's; `lapsed` when no contract came about. */
export type ApplicationStage = 'in_review' | 'approved' | 'active' | 'rejected' | 'withdrawn' | 'expired' | 'lapsed';
export type DecisionAction = 'approve' | 'reject';
export type ApplicationAction = DecisionAction | 'withdraw' | 'expire' | 'activate' | 'lapse';

export const applicationStages = new TransitionTable<ApplicationStage, ApplicationAction>('application', {
  in_review: { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn', expire: 'expired' },
  approved: { withdraw: 'withdrawn', activate: 'active', lapse: 'lapsed' },
  active: {},
  rejected: {},
  withdrawn: {},
  expired: {},
  lapsed: {},
});

import { TransitionTable } from '../../kernel/transition-table.js';

/**
 * `contracting` from approval until the contract is executed; `suspended` while at least one cause holds an active one;
 * `ended` when the contract came to nothing or its agreement has ended. Notice given is a state of the agreement alone.
 */
export type PartnerStage = 'contracting' | 'active' | 'suspended' | 'ended';
export type PartnerAction = 'activate' | 'suspend' | 'resume' | 'end';

export const partnerStages = new TransitionTable<PartnerStage, PartnerAction>('partner', {
  contracting: { activate: 'active', end: 'ended' },
  active: { suspend: 'suspended', end: 'ended' },
  suspended: { resume: 'active', end: 'ended' },
  ended: {},
});

import { TransitionTable } from '../../kernel/transition-table.js';

/** `contracting` from approval until the contract is executed; `ended` when it came to nothing. */
export type PartnerStage = 'contracting' | 'active' | 'ended';
export type PartnerAction = 'activate' | 'end';

export const partnerStages = new TransitionTable<PartnerStage, PartnerAction>('partner', {
  contracting: { activate: 'active', end: 'ended' },
  active: {},
  ended: {},
});

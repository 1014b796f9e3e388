import { TransitionTable } from '../../kernel/transition-table.js';

/**
 * signing.md, States. Frozen and sent fall together here, and so do countersigned, sealing and executed: the act and
 * its evidence are recorded and bound to the hash; cryptographic seals are a later step of their own.
 */
export type EnvelopeState = 'sent' | 'viewed' | 'awaiting_countersign' | 'executed' | 'declined' | 'voided' | 'expired';
export type EnvelopeAction = 'view' | 'sign' | 'countersign' | 'decline' | 'void' | 'expire';

export const envelopeStates = new TransitionTable<EnvelopeState, EnvelopeAction>('envelope', {
  sent: { view: 'viewed', sign: 'awaiting_countersign', decline: 'declined', void: 'voided', expire: 'expired' },
  viewed: { view: 'viewed', sign: 'awaiting_countersign', decline: 'declined', void: 'voided', expire: 'expired' },
  awaiting_countersign: { countersign: 'executed', void: 'voided', expire: 'expired' },
  executed: {},
  declined: {},
  voided: {},
  expired: {},
});

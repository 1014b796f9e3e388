export * from './domain/index.js';
export { PartnerDebts, type PartnerDebt } from './partner-debts.js';
export { ReceivablesModule } from './receivables.module.js';
export { WriteOffs, type WriteOffDecision, type WriteOffProposal, type WriteOffRow } from './write-offs.js';

export * from './domain/index.js';
export { AgreementsModule } from './agreements.module.js';
export { AgreementsService, type AgreementVersionRow } from './agreements.service.js';
export { negotiationStates, otherSide, type NegotiationState, type Side } from './domain/negotiation-state.js';
export { NegotiationsService, type NegotiationRow, type ProposalRow } from './negotiations.service.js';
export { TermsDocuments } from './terms-documents.js';

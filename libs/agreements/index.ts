export * from './domain/index.js';
export { AgreementsModule } from './agreements.module.js';
export { AgreementActs } from './agreement-acts.js';
export { AgreementList, type AgreementDetail, type AgreementSummary } from './agreement-list.js';
export { lockAgreement, readVersions, type AgreementRow, type AgreementVersionRow } from './agreement-rows.js';
export { AgreementsService, type NextVersion } from './agreements.service.js';
export { negotiationStates, otherSide, type NegotiationState, type Side } from './domain/negotiation-state.js';
export { NegotiationsService, type NegotiationRow, type ProposalRow } from './negotiations.service.js';
export { TermsDocuments } from './terms-documents.js';

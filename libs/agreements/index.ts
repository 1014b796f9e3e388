export * from './domain/index.js';
export { AgreementsModule } from './agreements.module.js';
export { AgreementActs } from './agreement-acts.js';
export { AgreementList, type AgreementDetail, type AgreementSummary } from './agreement-list.js';
export { lockAgreement, readVersions, type AgreementRow, type AgreementVersionRow } from './agreement-rows.js';
export { AgreementsService, type NextVersion } from './agreements.service.js';
export {
  approvalStates,
  negotiationStates,
  otherSide,
  type ApprovalState,
  type NegotiationState,
  type Side,
} from './domain/negotiation-state.js';
export {
  InternalApprovals,
  type ApprovalDecisionRow,
  type ApprovalSubject,
  type InternalApprovalRow,
  type NeededApproval,
} from './internal-approvals.js';
export { NegotiationComments, type CommentRow, type CommentVisibility } from './negotiation-comments.js';
export type { NegotiationKind, NegotiationRow, ProposalRow } from './negotiation-records.js';
export { NegotiationsService, type Opening } from './negotiations.service.js';
export { TemplatesService, type TemplateRow } from './templates.service.js';
export { TermsDocuments } from './terms-documents.js';

export * from './domain/index.js';
export { AgreementsModule } from './agreements.module.js';
export { AgreementsService, type AgreementVersionRow } from './agreements.service.js';
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
  type InternalApprovalRow,
  type NeededApproval,
} from './internal-approvals.js';
export { NegotiationComments, type CommentRow, type CommentVisibility } from './negotiation-comments.js';
export type { NegotiationKind, NegotiationRow, ProposalRow } from './negotiation-records.js';
export { NegotiationsService, type Opening } from './negotiations.service.js';
export { TemplatesService, type TemplateRow } from './templates.service.js';
export { TermsDocuments } from './terms-documents.js';

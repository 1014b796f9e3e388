import type { ApprovalDecisionRow, InternalApprovalRow, Terms } from '../../../libs/agreements/index.js';

/** Internal approvals as the company sees them, with the terms that each is about. */
export function toApprovalViews(
  approvals: readonly (InternalApprovalRow & { decisions: ApprovalDecisionRow[] })[],
  documents: ReadonlyMap<string, Terms>,
): { items: unknown[]; next: null } {
  const items = approvals.map((approval) => ({
    ...{ id: approval.id, move: approval.move, state: approval.state, termsHash: approval.terms_hash },
    ...{ answersNumber: approval.answers_number, note: approval.note, needed: approval.needed },
    ...{ proposedBy: approval.proposed_by, createdAt: approval.created_at, stateSince: approval.state_since },
    decisions: approval.decisions.map(({ role, actor_id: actorId, decision, reason, created_at: createdAt }) => {
      return { role, actorId, decision, reason, createdAt };
    }),
    terms: documents.get(approval.terms_hash),
  }));
  return { items, next: null };
}

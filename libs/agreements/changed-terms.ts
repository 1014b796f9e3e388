import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { isBehindTerm, isSameTerm, termRulesOf } from './domain/index.js';
import type { TermsDocuments } from './terms-documents.js';

/**
 * Refuses terms that answer a proposed change of an agreement where they last or renew otherwise and the change begins
 * behind the running term. A negotiation that changes no agreement has nothing to refuse.
 * @throws DomainError `invalid-document`
 */
export async function refuseTermGap(
  tx: Transaction,
  documents: TermsDocuments,
  negotiation: { id: string; program_id: string },
  termsHash: string,
): Promise<void> {
  const change = await rowOf<{ wanted_from: Date | null; ends_at: Date | null; term_ends_at: Date; base_hash: string }>(
    tx,
    `select c.wanted_from, a.ends_at, a.term_ends_at, c.base_hash
     from agreement_amendments c join agreements a on a.id = c.agreement_id where c.negotiation_id = $1`,
    [negotiation.id],
  );
  if (!change || !isBehindTerm({ endsAt: change.ends_at, termEndsAt: change.term_ends_at }, change.wanted_from)) return;
  const [before, after] = [
    await documents.get(negotiation.program_id, change.base_hash, tx),
    await documents.get(negotiation.program_id, termsHash, tx),
  ];
  if (isSameTerm(termRulesOf(before), termRulesOf(after))) return;
  const last = change.term_ends_at.toISOString();
  const message = `cannot last or renew otherwise: the change begins after ${last}, the end of the running term`;
  throw new DomainError('invalid-document', 'the terms do not follow on the running term', [
    { pointer: '/terms/term', message },
  ]);
}

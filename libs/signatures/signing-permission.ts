import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { SignatureInput } from '../orchestration/signature.js';
import type { EnvelopeRow } from './envelope-rows.js';

/**
 * Whether the contract may (still) be sent. One that makes a partner: while its application is approved, which stays so until the
 * transaction ends. One that changes an agreement: while that is in force, its partner is active or suspended, and the amendment
 * was not ended, all of which stays so while the partner's row is shared.
 */
export async function maySend(tx: Transaction, input: SignatureInput, now: Date): Promise<boolean> {
  if (input.purpose === 'amendment') {
    const { agreementId = null, partnerId, negotiationId } = input;
    // Whoever ends the agreement or the amendment holds the partner's row: only what is read after it is true until the end.
    await tx.query(`select 1 from partners where id = $1 for share`, [partnerId]);
    const sql = `select 1 from agreement_amendments m join partners p on p.id = m.partner_id
        join agreement_versions v on v.agreement_id = m.agreement_id and v.in_force @> $4::timestamptz
      where m.agreement_id = $1 and p.id = $2 and m.negotiation_id = $3 and m.state in ('negotiating', 'signing')
        and p.stage in ('active', 'suspended')`;
    return (await rowOf(tx, sql, [agreementId, partnerId, negotiationId, now])) !== undefined;
  }
  const sql = `select stage from applications where id = $1 for update`;
  return (await rowOf<{ stage: string }>(tx, sql, [input.applicationId]))?.stage === 'approved';
}

/**
 * Nobody signs a change of an agreement whose end has come, also while nobody has closed it yet: it would be concluded and
 * never in force.
 * @throws DomainError `illegal-transition`
 */
export async function refuseAfterEnd(tx: Transaction, { agreement_id: id }: EnvelopeRow, now: Date): Promise<void> {
  if (id === null) return;
  const sql = `select 1 from agreements where id = $1 and state <> 'ended' and (ends_at is null or ends_at > $2)`;
  if ((await rowOf(tx, sql, [id, now])) !== undefined) return;
  throw new DomainError('illegal-transition', 'envelope: the agreement that it would change has ended');
}

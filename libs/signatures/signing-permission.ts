import { rowOf, type Transaction } from '../database/index.js';
import type { SignatureInput } from '../orchestration/signature.js';

/**
 * Whether the contract may (still) be sent. One that makes a partner: while its application is approved, which stays so until the
 * transaction ends. One that changes an agreement: while that is in force and its partner is active or suspended.
 */
export async function maySend(tx: Transaction, input: SignatureInput, now: Date): Promise<boolean> {
  if (input.purpose === 'amendment') {
    const sql = `select 1 from agreement_versions v join partners p on p.id = v.partner_id
      where v.agreement_id = $1 and p.id = $2 and v.in_force @> $3::timestamptz and p.stage in ('active', 'suspended') for share of p`;
    return (await rowOf(tx, sql, [input.agreementId ?? null, input.partnerId, now])) !== undefined;
  }
  const sql = `select stage from applications where id = $1 for update`;
  return (await rowOf<{ stage: string }>(tx, sql, [input.applicationId]))?.stage === 'approved';
}

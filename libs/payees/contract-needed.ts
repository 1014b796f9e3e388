import { DomainError } from '../kernel/domain-error.js';
import type { PartnerRow } from '../partners/index.js';

/**
 * Bank and tax data is taken from partners that have, or had, a contract: whose application comes to nothing leaves none
 * behind that would have to be erased.
 * @throws DomainError `illegal-transition`
 */
export function requireContract({ stage, activated_at: activatedAt }: PartnerRow): void {
  if (stage === 'active' || stage === 'suspended' || activatedAt !== null) return;
  throw new DomainError('illegal-transition', `the partner is ${stage}: its contract comes first`);
}

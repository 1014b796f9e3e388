import { DomainError } from '../../kernel/domain-error.js';
import { allPrograms, type Principal, type Role } from './principal.js';

/** The programs in which the principal has one of the roles: a list of ids, or `*` for all. */
export function programsOf(principal: Principal, wanted: readonly Role[]): '*' | string[] {
  const granted = principal.roles.filter(({ role }) => wanted.includes(role)).map(({ programId }) => programId);
  return granted.includes(allPrograms) ? allPrograms : [...new Set(granted)];
}

/**
 * Lets through a principal that has one of the roles in the program.
 * @throws DomainError `forbidden` when it has only other roles there; `not-found` when it has none at all, so that a
 * program's things aren't revealed to those outside it.
 */
export function requireProgram(principal: Principal, programId: string, wanted: readonly Role[]): void {
  const here = principal.roles.filter((grant) => grant.programId === allPrograms || grant.programId === programId);
  if (here.some(({ role }) => wanted.includes(role))) return;
  if (here.some(({ role }) => role !== 'applicant' && role !== 'partner')) {
    throw new DomainError('forbidden', `this needs one of the roles ${wanted.join(', ')} in the program`);
  }
  throw new DomainError('not-found', 'there is no such thing');
}

/** What belongs to someone: the program it lives in and the partner or application whose own it is. */
export interface Owned {
  programId: string;
  partnerId?: string | null;
  applicationId?: string | null;
}

/**
 * Lets through the partner or applicant whose own the thing is, and company principals with one of the roles in its
 * program. List `partner` or `applicant` among the roles to let owners through.
 * @throws DomainError `not-found` for other partners' things, else as `requireProgram`
 */
export function requireAccess(principal: Principal, owned: Owned, wanted: readonly Role[]): void {
  if (owns(principal, owned, wanted)) return;
  requireProgram(principal, owned.programId, wanted.filter(isCompanyRole));
}

function owns(principal: Principal, { partnerId, applicationId }: Owned, wanted: readonly Role[]): boolean {
  const asRole = (role: Role): boolean => wanted.includes(role) && principal.roles.some((grant) => grant.role === role);
  if (asRole('partner') && principal.partnerId !== undefined && principal.partnerId === partnerId) return true;
  return asRole('applicant') && principal.applicationId !== undefined && principal.applicationId === applicationId;
}

function isCompanyRole(role: Role): boolean {
  return role !== 'applicant' && role !== 'partner';
}

/** Every role a principal may have. Roles are granted for one program or, with `*`, for all of them. */
export const roles = [
  'applicant',
  'partner',
  'partner_manager',
  'legal',
  'finance',
  'finance_approver',
  'admin',
  'auditor',
  'service',
] as const;

export type Role = (typeof roles)[number];

/** Roles of the company's own people and machines: what they may do is decided by role and program. */
export type CompanyRole = Exclude<Role, 'applicant' | 'partner'>;

export const allPrograms = '*';

/** One role in one program. A `service` grant says one scope too: it opens the endpoints of that scope alone. */
export interface RoleGrant {
  role: Role;
  /** A program's id, or `*`. */
  programId: string;
  /** `<resource>.read`, `<resource>.write` or `*`; present exactly for `service`. */
  scope?: string;
}

/** Who calls, as the bearer token proved it. */
export interface Principal {
  /** Opaque and stable: a user's subject, an API key's id, an application's id. It goes into the audit. */
  id: string;
  kind: 'user' | 'api_key' | 'link';
  roles: readonly RoleGrant[];
  /** The partner that the principal acts for; it may see and do only what is this partner's own. */
  partnerId?: string;
  /** The application that a link principal acts for; present for links alone. */
  applicationId?: string;
  /**
   * Who the provider says its user is: the standard claims `name` and `email` (OpenID Connect Core 1.0, section 5.1), where
   * the token has them. For evidence of what the user signs; access is never decided by them.
   */
  person?: { name?: string; email?: string };
}

/** Whether the principal has one of the roles in any program. */
export function hasRole(principal: Principal, ...wanted: Role[]): boolean {
  return principal.roles.some(({ role }) => wanted.includes(role));
}

/**
 * Whether a `service` grant's scope opens an endpoint's. An endpoint's scope is its resource with `.read` for GET and
 * `.write` for everything else.
 */
export function scopeOpens(granted: string | undefined, needed: string): boolean {
  return granted === '*' || granted === needed;
}

import { grant } from './domain/grant-text.js';
import type { CompanyRole, RoleGrant } from './domain/principal.js';
import { signLocalToken, type TokenSettings } from './local-issuer.js';

/** The named demo users, one per role: finance's maker and its checker are two people, as the product demands. */
export const demoUsers: Readonly<Record<CompanyRole, string>> = {
  partner_manager: 'usr_petra-partner-manager',
  legal: 'usr_lena-legal',
  finance: 'usr_fatima-finance',
  finance_approver: 'usr_farid-approver',
  admin: 'usr_ada-admin',
  auditor: 'usr_aron-auditor',
  service: 'usr_sven-service',
};

export interface DemoTokenOptions {
  programId?: string;
  user?: string;
  /** How long the token lives; 12 hours where absent. */
  lifetimeSeconds?: number;
}

/**
 * A bearer token of the local issuer for a demo user: `demoToken(env, 'finance')`, or
 * `demoToken(env, { partnerId })` for a partner's own.
 */
export function demoToken(
  settings: TokenSettings,
  as: CompanyRole | { partnerId: string },
  { programId, user, lifetimeSeconds = 12 * 3600 }: DemoTokenOptions = {},
): Promise<string> {
  if (typeof as === 'object') {
    return signLocalToken(settings, {
      user: user ?? `usr_${as.partnerId}`,
      roles: [],
      partnerId: as.partnerId,
      lifetimeSeconds,
    });
  }
  const roles: RoleGrant[] = [grant(as, programId)];
  const person = user === undefined ? { person: demoPerson(as) } : {};
  return signLocalToken(settings, { user: user ?? demoUsers[as], ...person, roles, lifetimeSeconds });
}

/** `usr_lena-legal` is Lena Legal. */
function demoPerson(role: CompanyRole): { name: string; email: string } {
  const words = demoUsers[role].replace('usr_', '').split('-');
  const name = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join(' ');
  return { name, email: `${words.join('.')}@company.example` };
}

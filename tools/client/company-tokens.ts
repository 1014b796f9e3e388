import { readEnvironment } from '../../libs/config/index.js';
import { demoToken, demoUsers, type CompanyRole } from '../../libs/identity/index.js';
import type { CompanyTokens } from './pactline-api.js';

/**
 * Tokens of the local issuer for the demo users of a product, by role: the maker and the checker of a batch are two.
 *
 * @throws an error that names `AUTH_LOCAL_ISSUER_FILE` where the product takes its tokens from elsewhere
 */
export async function companyTokens(variables: Readonly<Record<string, string | undefined>>): Promise<CompanyTokens> {
  const env = readEnvironment(variables);
  const roles = Object.keys(demoUsers) as CompanyRole[];
  const signed = await Promise.all(roles.map(async (role) => [role, await demoToken(env, role)] as const));
  return Object.fromEntries(signed) as Record<CompanyRole, string>;
}

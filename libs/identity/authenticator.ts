import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { CapabilityLinks } from '../platform/index.js';
import { apiKeyPrefix, ApiKeys } from './api-keys.service.js';
import type { Principal, RoleGrant } from './domain/principal.js';
import { TokenVerifier } from './token-verifier.js';

/** Turns a bearer token of any of the three kinds (JWT, API key, application link) into who calls. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly tokens: TokenVerifier,
    private readonly apiKeys: ApiKeys,
    private readonly links: CapabilityLinks,
    private readonly database: Database,
  ) {}

  /** @throws DomainError `unauthenticated`, `unavailable` */
  authenticate(token: string): Promise<Principal> {
    if (token.startsWith(apiKeyPrefix)) return this.apiKeys.principalOf(token);
    if (token.startsWith('application.')) return this.linkPrincipal(token);
    return this.tokens.verify(token);
  }

  /**
   * A link in a URL is a right to look alone and never another kind of token, which would end up in histories and logs.
   * @throws DomainError `unauthenticated`
   */
  authenticateLink(token: string): Promise<Principal> {
    return this.linkPrincipal(token);
  }

  /**
   * A key in a URL, which ends up in histories and logs: it must open this one scope and nothing else, so that whoever
   * finds it learns no more than the URL itself tells.
   * @throws DomainError `unauthenticated`, also for a key that opens more
   */
  async authenticateKeyInAddress(token: string, scope: string): Promise<Principal> {
    const principal = await this.apiKeys.principalOf(token);
    if (principal.roles.every((grant) => grant.role === 'service' && grant.scope === scope)) return principal;
    throw new DomainError('unauthenticated', `a key in an address must have the scope ${scope} and no other`);
  }

  private async linkPrincipal(token: string): Promise<Principal> {
    const applicationId = this.links.verify('application', token);
    const [row] =
      applicationId === undefined
        ? []
        : await this.database.query<{ program_id: string; partner_id: string | null }>(
            `select a.program_id, p.id as partner_id from applications a left join partners p on p.application_id = a.id
             where a.id = $1`,
            [applicationId],
          );
    if (applicationId === undefined || !row) throw new DomainError('unauthenticated', 'the link is not valid');
    const { program_id: programId, partner_id: partnerId } = row;
    const roles: RoleGrant[] = [{ role: 'applicant', programId }];
    if (partnerId === null) return { id: applicationId, kind: 'link', roles, applicationId };
    return {
      id: applicationId,
      kind: 'link',
      roles: [...roles, { role: 'partner', programId }],
      applicationId,
      partnerId,
    };
  }
}

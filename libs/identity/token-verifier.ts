import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Environment } from '../config/index.js';
import { SystemClock, type Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { isId } from '../kernel/ids.js';
import { parseGrant } from './domain/grant-text.js';
import { allPrograms, type Principal, type RoleGrant } from './domain/principal.js';
import { KnownTokens } from './known-tokens.js';
import { localAlgorithm, localIssuer, localVerifyingKey, readLocalIssuerKey } from './local-issuer.js';

interface Issuer {
  issuer: string;
  algorithms: string[];
  key: JWTVerifyGetKey;
}

const providerAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const clockToleranceSeconds = 10;
/** Longer tokens than any provider makes are refused unread. */
const maxTokenLength = 16_384;
/** OpenID Connect bounds a subject to 255 ASCII characters; anything else could not stand in the audit. */
const subjectForm = /^[\x21-\x7e]{1,255}$/;

/** Verifies JWTs of the company's own provider and, outside production, of the local issuer of demo users. */
export class TokenVerifier {
  private readonly known: KnownTokens;

  private constructor(
    private readonly env: Environment,
    private readonly issuers: readonly Issuer[],
    private readonly clock: Clock,
  ) {
    this.known = new KnownTokens(clock);
  }

  /** Tokens are valid by the machine's time, whatever time the product is told: their issuers know no other. */
  static async from(env: Environment, clock: Clock = new SystemClock()): Promise<TokenVerifier> {
    const issuers: Issuer[] = [];
    if (env.AUTH_ISSUER && env.AUTH_JWKS_URL) {
      const key = createRemoteJWKSet(new URL(env.AUTH_JWKS_URL), { timeoutDuration: 5_000, cooldownDuration: 10_000 });
      issuers.push({ issuer: env.AUTH_ISSUER, algorithms: providerAlgorithms, key });
    }
    if (env.AUTH_LOCAL_ISSUER_FILE) {
      if (env.NODE_ENV === 'production') throw new Error('AUTH_LOCAL_ISSUER_FILE is wrong: not in production');
      const local = await localVerifyingKey(readLocalIssuerKey(env.AUTH_LOCAL_ISSUER_FILE));
      const key: JWTVerifyGetKey = ({ kid }) => {
        if (kid !== local.kid) throw new errors.JWKSNoMatchingKey();
        return local.key;
      };
      issuers.push({ issuer: localIssuer, algorithms: [localAlgorithm], key });
    }
    return new TokenVerifier(env, issuers, clock);
  }

  /** @throws DomainError `unauthenticated`; `unavailable` when the provider's keys can't be fetched */
  async verify(token: string): Promise<Principal> {
    if (token.length > maxTokenLength) throw refused();
    const known = this.known.principalOf(token);
    if (known) return known;
    try {
      const claims = await this.claimsOf(token);
      const principal = this.principal(claims);
      this.known.remember(token, principal, (claims.exp! + clockToleranceSeconds) * 1000);
      return principal;
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw isOutage(error)
        ? new DomainError('unavailable', "the token provider's keys can't be fetched now")
        : refused();
    }
  }

  /** What a valid token claims; it has an expiry and a subject. */
  private async claimsOf(token: string): Promise<JWTPayload> {
    const claimed = decodeJwt(token).iss;
    const issuer = this.issuers.find((each) => each.issuer === claimed);
    if (!issuer) throw refused();
    const { payload } = await jwtVerify(token, issuer.key, {
      issuer: issuer.issuer,
      audience: this.env.AUTH_AUDIENCE,
      algorithms: issuer.algorithms,
      clockTolerance: clockToleranceSeconds,
      currentDate: this.clock.now(),
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  }

  private principal(claims: JWTPayload): Principal {
    const { sub } = claims;
    // `system` is who timers and schedules are in the audit: no token may speak as it.
    if (sub === undefined || !subjectForm.test(sub) || sub === 'system') throw refused();
    const partnerId = claimAt(claims, this.env.AUTH_PARTNER_CLAIM);
    const isPartner = typeof partnerId === 'string' && isId('prt', partnerId);
    const granted = rolesClaim(claimAt(claims, this.env.AUTH_ROLES_CLAIM)).map(parseGrant);
    const roles = granted.filter((grant): grant is RoleGrant => grant !== undefined && isForCompany(grant));
    const user = { id: sub, kind: 'user' as const, ...personOf(claims) };
    if (!isPartner) return { ...user, roles };
    return { ...user, roles: [...roles, { role: 'partner', programId: allPrograms }], partnerId };
  }
}

/** A partner is one by its own claim and an applicant by its link: the roles claim can make neither. */
function isForCompany({ role }: RoleGrant): boolean {
  return role !== 'partner' && role !== 'applicant';
}

/** Names and addresses longer than any that we print are left out, as are those with characters that none has. */
function personOf({ name, email }: JWTPayload): Pick<Principal, 'person'> {
  const fits = (value: unknown): value is string =>
    typeof value === 'string' && value.trim() !== '' && value.length <= 200 && !/[\p{Cc}\p{Cs}]/u.test(value);
  const person = { ...(fits(name) && { name: name.trim() }), ...(fits(email) && { email: email.trim() }) };
  return Object.keys(person).length === 0 ? {} : { person };
}

/** A claim by its name or, where no claim has that name, by a dotted path (`realm_access.roles`). */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, key) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return isObject ? (value as Record<string, unknown>)[key] : undefined;
  }, claims);
}

function rolesClaim(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((text) => text !== '');
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** What keeps us from judging a token, in contrast to what is wrong with it. */
function isOutage(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // The bare class is what jose throws for an answer of the key server that isn't 200.
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  // What `fetch` throws when nothing answers; it has no code of its own.
  return (error as { message?: unknown } | null)?.message === 'fetch failed';
}

function refused(): DomainError {
  return new DomainError('unauthenticated', 'the bearer token is not valid');
}

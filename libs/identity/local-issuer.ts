import { readFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import { ConfigurationError } from '../config/index.js';
import { grantText } from './domain/grant-text.js';
import type { RoleGrant } from './domain/principal.js';

/** The issuer of tokens for demo users. Its key is a file on this machine; production refuses to trust it. */
export const localIssuer = 'https://pactline.local/issuer';
export const localAlgorithm = 'ES256';

/** A new private key for the local issuer, as the JWK that `AUTH_LOCAL_ISSUER_FILE` holds. */
export async function newLocalIssuerKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(localAlgorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: `local-${Date.now().toString(36)}`, alg: localAlgorithm };
}

/** Reads the file of `AUTH_LOCAL_ISSUER_FILE`; throws, naming the variable, where it holds no P-256 private JWK. */
export function readLocalIssuerKey(file: string): JWK {
  let jwk: JWK;
  try {
    jwk = JSON.parse(readFileSync(file, 'utf8')) as JWK;
  } catch (error) {
    throw new ConfigurationError('AUTH_LOCAL_ISSUER_FILE is wrong: the file cannot be read as JSON', { cause: error });
  }
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256' || !jwk.d || !jwk.kid) {
    throw new ConfigurationError(
      'AUTH_LOCAL_ISSUER_FILE is wrong: it must hold a private P-256 key as a JWK with a kid',
    );
  }
  return jwk;
}

/** The half of the key that verifies. */
export async function localVerifyingKey({ kty, crv, x, y, kid }: JWK): Promise<{ key: CryptoKey; kid: string }> {
  const key = (await importJWK({ kty, crv, x, y, alg: localAlgorithm }, localAlgorithm)) as CryptoKey;
  return { key, kid: kid! };
}

export interface LocalTokenRequest {
  /** The subject: who acts. A maker and its checker need two. */
  user: string;
  roles: readonly RoleGrant[];
  partnerId?: string;
  /** What the claims `name` and `email` say; absent where nothing is given. */
  person?: { name?: string; email?: string };
  /** How long the token lives, in seconds; an hour where absent. */
  lifetimeSeconds?: number;
}

/** What the API verifies a token against, as the environment says it. */
export interface TokenSettings {
  AUTH_LOCAL_ISSUER_FILE?: string | undefined;
  AUTH_AUDIENCE: string;
  AUTH_ROLES_CLAIM: string;
  AUTH_PARTNER_CLAIM: string;
}

/** Signs a bearer token for a demo user with the key of the local issuer, for the API of the same environment. */
export async function signLocalToken(settings: TokenSettings, request: LocalTokenRequest): Promise<string> {
  if (!settings.AUTH_LOCAL_ISSUER_FILE)
    throw new ConfigurationError('AUTH_LOCAL_ISSUER_FILE is missing: there is no local issuer');
  const jwk = readLocalIssuerKey(settings.AUTH_LOCAL_ISSUER_FILE);
  const nowSeconds = Math.floor(Date.now() / 1000);
  return new SignJWT({
    [settings.AUTH_ROLES_CLAIM]: request.roles.map(grantText),
    ...request.person,
    ...(request.partnerId && { [settings.AUTH_PARTNER_CLAIM]: request.partnerId }),
  })
    .setProtectedHeader({ alg: localAlgorithm, kid: jwk.kid! })
    .setIssuer(localIssuer)
    .setAudience(settings.AUTH_AUDIENCE)
    .setSubject(request.user)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + (request.lifetimeSeconds ?? 3600))
    .sign(await importJWK(jwk, localAlgorithm));
}

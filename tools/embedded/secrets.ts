import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './project.mjs';

/** The secrets an installation makes for itself where the environment gives none. */
export interface HomeSecrets {
  readonly postgresPassword: string;
  readonly migratorPassword: string;
  readonly appPassword: string;
  /** `id:base64`, as `ENCRYPTION_KEYS` wants it. */
  readonly encryptionKeys: string;
  readonly linkSecret: string;
  readonly stripeApiKey: string;
  readonly stripeWebhookSecret: string;
}

/**
 * The secrets of a home, made at its first start and kept in `keys/`, which its user alone can read. Whoever loses them
 * loses what is encrypted in the database: they belong into the backup.
 */
export function loadSecrets(home: string): HomeSecrets {
  const file = path.join(keysFolder(home), 'secrets.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as HomeSecrets;
  if (existsSync(path.join(home, 'postgres')) || existsSync(path.join(home, 'postgres-folder'))) {
    throw new Error(`${file} is missing, and the database of this home can't be opened without it: restore it.`);
  }
  const secrets: HomeSecrets = {
    postgresPassword: randomBytes(24).toString('base64url'),
    migratorPassword: randomBytes(24).toString('base64url'),
    appPassword: randomBytes(24).toString('base64url'),
    encryptionKeys: `k1:${randomBytes(32).toString('base64')}`,
    linkSecret: randomBytes(32).toString('base64'),
    stripeApiKey: `sk_test_sandbox_${randomBytes(18).toString('hex')}`,
    stripeWebhookSecret: `whsec_${randomBytes(24).toString('hex')}`,
  };
  writePrivately(file, secrets);
  return secrets;
}

/**
 * The file of the private key the local issuer signs demo tokens with (ES256, as a JSON Web Key), made where it is
 * missing.
 */
export function localIssuerFile(home: string): string {
  const file = path.join(keysFolder(home), 'local-issuer.json');
  if (existsSync(file)) return file;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ format: 'jwk' });
  // The key's id is its thumbprint (RFC 7638): the required members in alphabetical order.
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ crv: key.crv, kty: key.kty, x: key.x, y: key.y }))
    .digest('base64url');
  writePrivately(file, { ...key, kid: thumbprint, alg: 'ES256', use: 'sig' });
  return file;
}

/** It takes a second or two; a start that waits for ever would say nothing. */
const sealKeyTimeoutMs = 60_000;

/**
 * The file of the key that contracts are sealed with, made where it is missing: an RSA key and a certificate that it
 * signs itself. Whoever loses it can still check what it sealed, but not seal in its name.
 */
export function sealKeyFile(home: string): string {
  const file = path.join(keysFolder(home), 'seal.pem');
  if (existsSync(file)) return file;
  // In a process of its own: what makes certificates is large, and needed once.
  const script = path.join(projectRoot, 'dist', 'tools', 'seal-key.js');
  execFileSync(process.execPath, [script, file], { stdio: 'pipe', timeout: sealKeyTimeoutMs, killSignal: 'SIGKILL' });
  return file;
}

function keysFolder(home: string): string {
  const folder = path.join(home, 'keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function writePrivately(file: string, content: object): void {
  writeFileSync(`${file}.new`, JSON.stringify(content, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

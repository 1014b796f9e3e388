import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import {
  KeyFileSource,
  makeSelfSignedKey,
  SealKeyUnavailable,
  SealKeyWatch,
  SealService,
  sealFields,
  type KeyFileSettings,
} from '../../libs/seals/index.js';
import { chooseServers } from '../../tools/embedded/product-environment.js';
import { sealKeyFile } from '../../tools/embedded/secrets.js';
import { findingsOf, sealTime, sealTwice, testKeyPem, unsealedContract } from '../support/seals.js';
import { TestAuthority } from '../support/time-stamp-authority.js';

const passphrase = 'correct horse battery staple';
let folder: string;
let authority: TestAuthority;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pactline-keys-'));
  authority = new TestAuthority();
  authority.issue('seal', 'signing_only', '20250101000000Z', '20400101000000Z');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  authority.close();
});

function written(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** A PKCS#12 file with the key and its certificate, and that of the issuer. */
function pkcs12(...more: string[]): string {
  const file = path.join(folder, `seal${more.length}.p12`);
  const args = ['-inkey', authority.file('seal.key'), '-in', authority.file('seal.pem'), '-out', file, ...more];
  execFileSync('openssl', ['pkcs12', '-export', '-passout', `pass:${passphrase}`, ...args], { stdio: 'pipe' });
  return file;
}

const source = (settings: Partial<KeyFileSettings>): KeyFileSource =>
  new KeyFileSource({ NODE_ENV: 'production', SEAL_KEY_SELF_SIGNED_ALLOWED: false, ...settings });

const refusal = async (settings: Partial<KeyFileSettings>): Promise<string> => {
  const error = await source(settings)
    .load()
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(SealKeyUnavailable);
  return (error as Error).message;
};

describe('the key of a PKCS#12 file', () => {
  it('seals with its chain, which is trusted by the root', async () => {
    const file = pkcs12('-certfile', authority.file('root.pem'));
    const key = await source({ SEAL_KEY_FILE: file, SEAL_KEY_PASSPHRASE: passphrase }).load();
    expect(key).toMatchObject({ isSelfSigned: false, notAfter: new Date('2040-01-01T00:00:00Z') });
    expect(key.certificates).toHaveLength(2);
    const { d2 } = await sealTwice(await unsealedContract(), key as never);
    expect(findingsOf(d2, { trusted: [authority.root] })).toEqual([]);
    expect(findingsOf(d2)).toEqual(['unknown-certificate']);
  });

  it('seals without the chain, which whoever trusts the root completes', async () => {
    const key = await source({ SEAL_KEY_FILE: pkcs12(), SEAL_KEY_PASSPHRASE: passphrase }).load();
    expect(key.certificates).toHaveLength(1);
    const { d2 } = await sealTwice(await unsealedContract(), key as never);
    expect(findingsOf(d2, { trusted: [authority.root] })).toEqual([]);
  });

  it('is refused with a wrong passphrase or a damaged file, without a word of either', async () => {
    const file = pkcs12();
    const message = await refusal({ SEAL_KEY_FILE: file, SEAL_KEY_PASSPHRASE: 'wrong' });
    expect(message).toBe('SEAL_KEY_FILE cannot be read as PKCS#12, or SEAL_KEY_PASSPHRASE is wrong');
    const damaged = written('damaged.p12', Buffer.from('nonsense'));
    expect(await refusal({ SEAL_KEY_FILE: damaged, SEAL_KEY_PASSPHRASE: passphrase })).toBe(message);
  });
});

describe('the key of a PEM file', () => {
  it('is read with its passphrase', async () => {
    const file = path.join(folder, 'encrypted.pem');
    const args = ['-in', authority.file('seal.key'), '-aes256', '-passout', `pass:${passphrase}`, '-out', file];
    execFileSync('openssl', ['rsa', ...args], { stdio: 'pipe' });
    const text = execFileSync('cat', [file, authority.file('seal.pem')], { encoding: 'utf8' });
    const both = written('both.pem', text);
    const key = await source({ SEAL_KEY_FILE: both, SEAL_KEY_PASSPHRASE: passphrase }).load();
    expect(key.certificates).toHaveLength(1);
    expect(await refusal({ SEAL_KEY_FILE: both, SEAL_KEY_PASSPHRASE: 'wrong' })).toMatch(/passphrase is wrong/);
  });

  it('is refused in production where nobody but itself signed it, unless that is allowed', async () => {
    const file = written('self.pem', testKeyPem.privateKey + testKeyPem.certificate);
    expect(await refusal({ SEAL_KEY_FILE: file })).toMatch(/SEAL_KEY_SELF_SIGNED_ALLOWED/);
    await source({ SEAL_KEY_FILE: file, SEAL_KEY_SELF_SIGNED_ALLOWED: true }).load();
    await source({ SEAL_KEY_FILE: file, NODE_ENV: 'development' }).load();
  });

  it('is refused where it is missing, short, of another kind or without its certificate', async () => {
    expect(await refusal({})).toBe('SEAL_KEY_FILE is missing: there is no seal key');
    expect(await refusal({ SEAL_KEY_FILE: path.join(folder, 'nowhere.pem') })).toMatch(/ENOENT/);
    const other = written('other.pem', testKeyPem.privateKey + authority.root);
    expect(await refusal({ SEAL_KEY_FILE: other })).toMatch(/none of the certificates/);
    const short = makeSelfSignedKey({
      commonName: 'short',
      notBefore: new Date('2025-01-01T00:00:00Z'),
      notAfter: new Date('2026-01-01T00:00:00Z'),
      modulusBits: 1024,
    });
    expect(await refusal({ SEAL_KEY_FILE: written('short.pem', short.privateKey + short.certificate) })).toMatch(
      /2048/,
    );
    const elliptic = execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout'], {
      encoding: 'utf8',
    });
    expect(await refusal({ SEAL_KEY_FILE: written('ec.pem', elliptic) })).toMatch(/must be RSA/);
  });
});

describe('SealService', () => {
  const service = (file: string | undefined, now: string, env: Record<string, unknown> = {}): SealService => {
    const settings = { NODE_ENV: 'test', SEAL_KEY_SELF_SIGNED_ALLOWED: false, SEAL_KEY_FILE: file } as const;
    const all = { ...settings, SEAL_EXPIRY_WARNING_DAYS: 30, ...env };
    return new SealService(new KeyFileSource(settings), { now: () => new Date(now) }, { env: all } as never);
  };
  const keyUntil = (notAfter: string): string => {
    const made = makeSelfSignedKey({
      commonName: 'Until',
      notBefore: new Date('2025-01-01T00:00:00Z'),
      notAfter: new Date(notAfter),
      modulusBits: 2048,
    });
    return made.privateKey + made.certificate;
  };
  const request = { field: sealFields.partner, name: 'Crescent', reason: 'Signed', at: sealTime };

  it('tells until when it can seal', async () => {
    const file = written('until.pem', keyUntil('2026-06-30T00:00:00Z'));
    const notAfter = new Date('2026-06-30T00:00:00Z');
    const at = (now: string) => service(file, now).health(new Date(now));
    expect(await at('2026-05-01T00:00:00Z')).toEqual({ state: 'ready', notAfter });
    expect(await at('2026-06-15T00:00:00Z')).toEqual({ state: 'expiring', notAfter });
    expect(await at('2026-07-01T00:00:00Z')).toEqual({ state: 'expired', notAfter });
    expect(await at('2024-07-01T00:00:00Z')).toEqual({ state: 'expired', notAfter });
    expect(await service(undefined, '2026-05-01T00:00:00Z').health(new Date())).toEqual({ state: 'missing' });
  });

  it.each([
    ['2026-05-01T00:00:00Z', []],
    ['2026-06-15T00:00:00Z', [/warn: the certificate of the seal key ends on 2026-06-30/]],
    ['2026-07-15T00:00:00Z', [/error: the certificate of the seal key is not in force/]],
  ])('is watched: the log of %s says what there is to do', async (now, said) => {
    const file = written('watched.pem', keyUntil('2026-06-30T00:00:00Z'));
    const log: string[] = [];
    const keep = (level: string) => (message: string) => void log.push(`${level}: ${message}`);
    Logger.overrideLogger({ log: keep('log'), warn: keep('warn'), error: keep('error') });
    const watch = new SealKeyWatch(service(file, now), { now: () => new Date(now) });
    await watch.onApplicationBootstrap();
    watch.onApplicationShutdown();
    Logger.overrideLogger(['fatal']);
    expect(log).toHaveLength(said.length);
    said.forEach((pattern, index) => expect(log[index]).toMatch(pattern));
  });

  it('seals nothing with a certificate that is not in force, and with a new one as soon as it is there', async () => {
    const file = written('renewed.pem', keyUntil('2026-06-30T00:00:00Z'));
    const seals = service(file, '2026-07-01T00:00:00Z');
    const document = await unsealedContract();
    await expect(seals.seal(document, request)).rejects.toBeInstanceOf(SealKeyUnavailable);
    writeFileSync(file, keyUntil('2030-01-01T00:00:00Z'));
    await seals.seal(document, request);
    expect(await seals.health(new Date('2026-07-01T00:00:00Z'))).toMatchObject({ state: 'ready' });
  });

  it('trusts its own certificates and those that the environment names', async () => {
    const file = written('own.pem', testKeyPem.privateKey + testKeyPem.certificate);
    const now = '2026-05-01T00:00:00Z';
    const trusted = await service(file, now, {
      SEAL_TRUSTED_CERTIFICATES: authority.file('root.pem'),
    }).trustedCertificates();
    expect(trusted.map((text) => text.trim())).toEqual([testKeyPem.certificate.trim(), authority.root.trim()]);
    const broken = written('broken.pem', 'nothing');
    expect(await service(file, now, { SEAL_TRUSTED_CERTIFICATES: broken }).trustedCertificates()).toHaveLength(1);
    expect(await service(undefined, now).trustedCertificates()).toEqual([]);
  });

  it('does not trust other certificates of the authority that issued its own, unless it is told to', async () => {
    authority.issue('stranger', 'signing_only', '20250101000000Z', '20400101000000Z');
    const chained = (name: string): string =>
      written(
        `${name}-chained.pem`,
        [`${name}.key`, `${name}.pem`, 'root.pem'].map((part) => readFileSync(authority.file(part), 'utf8')).join(''),
      );
    const now = '2026-05-01T00:00:00Z';
    const own = await service(chained('seal'), now).trustedCertificates();
    const sealedBy = async (name: string): Promise<Uint8Array> => {
      const key = await source({ SEAL_KEY_FILE: chained(name) }).load();
      expect(key.certificates).toHaveLength(2);
      return (await sealTwice(await unsealedContract(), key as never)).d2;
    };
    expect(findingsOf(await sealedBy('seal'), { trusted: own })).toEqual([]);
    const forged = await sealedBy('stranger');
    expect(findingsOf(forged, { trusted: own })).toEqual(['unknown-certificate']);
    const settings = { SEAL_TRUSTED_CERTIFICATES: authority.file('root.pem') };
    const told = await service(chained('seal'), now, settings).trustedCertificates();
    expect(findingsOf(forged, { trusted: told })).toEqual([]);
  });
});

describe('the key of an installation', () => {
  it('is made once, for its user alone, and can seal', async () => {
    const home = path.join(folder, 'home');
    const file = sealKeyFile(home);
    const first = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(home, 'keys')).mode & 0o777).toBe(0o700);
    expect([sealKeyFile(home), readFileSync(file, 'utf8')]).toEqual([file, first]);
    const key = await source({ SEAL_KEY_FILE: file, SEAL_KEY_SELF_SIGNED_ALLOWED: true }).load();
    expect(key).toMatchObject({ isSelfSigned: true, signatureBytes: 384 });
    const years = (key.notAfter.getTime() - key.notBefore.getTime()) / (365.25 * 24 * 3600 * 1000);
    expect(Math.round(years)).toBe(10);
    const certificate = readFileSync(path.join(home, 'keys', 'seal-certificate.pem'), 'utf8');
    expect(certificate).not.toContain('PRIVATE');
    expect(first).toContain(certificate);
  });

  it('does not seal in production unless that is allowed', () => {
    const given = {
      NODE_ENV: 'production',
      STRIPE_API_KEY: 'sk_live_x',
      STRIPE_WEBHOOK_SECRET: 'whsec_x',
      SMTP_URL: 'smtp://mail.example',
    };
    expect(() => chooseServers(given)).toThrow(/SEAL_KEY_FILE is missing/);
    expect(() => chooseServers({ ...given, SEAL_KEY_SELF_SIGNED_ALLOWED: 'true' })).not.toThrow();
    expect(() => chooseServers({ ...given, SEAL_KEY_FILE: '/keys/seal.p12' })).not.toThrow();
  });
});

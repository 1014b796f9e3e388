import { X509Certificate } from 'node:crypto';
import { der, derChild, derChildren, DerError, readDer } from '../cms/der.js';
import { oids } from '../cms/oids.js';

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, or the one whose DER bytes these are.
 *
 * @throws an error where there is none, or one cannot be read
 */
export function readCertificates(content: string | Uint8Array): X509Certificate[] {
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
  if (text.includes('-----BEGIN')) {
    const certificates = (text.match(pemCertificate) ?? []).map((pem) => new X509Certificate(pem));
    if (certificates.length > 0) return certificates;
    throw new Error('there is no certificate in this text');
  }
  return [new X509Certificate(Buffer.from(content as Uint8Array))];
}

/** Certificates that are trusted because somebody who knows handed them over: seals' own, or those that issued them. */
export class TrustedCertificates {
  private readonly fingerprints: ReadonlySet<string>;

  constructor(private readonly certificates: readonly X509Certificate[]) {
    this.fingerprints = new Set(certificates.map(({ fingerprint256 }) => fingerprint256));
  }

  /** Whether a chain, of which each certificate is known to be issued by the next, leads to a trusted one. */
  trusts(chain: readonly X509Certificate[]): boolean {
    if (chain.some(({ fingerprint256 }) => this.fingerprints.has(fingerprint256))) return true;
    const last = chain.at(-1);
    return last !== undefined && this.certificates.some((one) => isIssuedBy(last, one));
  }
}

/**
 * The certificate in these bytes.
 *
 * @throws DerError where any part that is looked at later cannot be read
 */
export function readCertificate(der: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(der);
    const isWhole = certificate.publicKey.asymmetricKeyType !== undefined && signatureIsWhole(certificate.raw);
    const times = [certificate.validFrom, certificate.validTo].map((text) => new Date(text).getTime());
    if (isWhole && !times.some(Number.isNaN)) return certificate;
  } catch {
    // OpenSSL's own words are of no use to a reader of the report.
  }
  throw new DerError('a certificate cannot be read');
}

/** The signature's bit string has no unused bits, whose number OpenSSL would let vary. */
function signatureIsWhole(certificate: Buffer): boolean {
  const parts = derChildren(derChild([readDer(certificate)], 0, 0x30).content);
  derChild(derChildren(derChild(parts, 1, 0x30).content), 0, 0x06);
  return derChild(parts, 2, 0x03).content[0] === 0;
}

/** Whether `issuer` is an authority that signed `certificate`. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && holds(() => certificate.verify(issuer.publicKey));
}

/** Whether a check of a signature says yes; keys that OpenSSL cannot compute with say no. */
export function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** Whether each certificate is issued by the next one. */
export function isChain(certificates: readonly X509Certificate[]): boolean {
  return certificates.slice(1).every((issuer, index) => isIssuedBy(certificates[index]!, issuer));
}

/** Whether the certificate counts at this instant. */
export function isInForce({ validFrom, validTo }: X509Certificate, at: Date): boolean {
  return at >= new Date(validFrom) && at <= new Date(validTo);
}

const leastModulusBits = 2048;
const weakSignatures = [oids.md5WithRsa, oids.sha1WithRsa, oids.ecdsaWithSha1].map((oid) => der.oid(oid));

/** Whether a certificate's key is too short, or it is signed with a hash that can be forged. */
export function isWeak(certificate: X509Certificate): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType?.startsWith('rsa') && bits < leastModulusBits) return true;
  const algorithm = derChildren(derChild(derChildren(readDer(certificate.raw).content), 1, 0x30).content);
  return weakSignatures.some((weak) => algorithm[0]?.bytes.equals(weak));
}

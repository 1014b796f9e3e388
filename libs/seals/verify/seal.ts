import { createHash, verify, type X509Certificate } from 'node:crypto';
import { DerError, readDer } from '../cms/der.js';
import { readSealCms, signedAttributes, usesWeakDigest, type SealCms } from '../cms/seal-cms.js';
import type { PdfFile } from '../pdf/pdf-file.js';
import { readPdfTime } from '../pdf/pdf-time.js';
import type { FormField } from '../pdf/signature-fields.js';
import { textOf, type PdfDictionary, type PdfObject, type PdfString } from '../pdf/values.js';
import { holds, isChain, isInForce, isWeak, readCertificate, type TrustedCertificates } from './certificates.js';
import type { Findings } from './findings.js';

/** What a report tells of a certificate. */
export interface CertificateReport {
  subject: string;
  issuer: string;
  serial: string;
  /** RFC 3339, UTC. */
  notBefore: string;
  notAfter: string;
  /** SHA-256 of its DER in lower-case hexadecimal. */
  sha256: string;
}

/** What a report tells of a seal; present also for one that is refused. */
export interface SealReport {
  field: string;
  name?: string;
  reason?: string;
  /** The instant that the seal tells; only a time-stamp proves one. */
  claimedAt?: string;
  certificate?: CertificateReport;
  /** The seal covers all bytes of its revision, and of the ones before, but its own. */
  coversRevision: boolean;
  /** And its revision is the file's last. */
  coversWholeFile: boolean;
}

/** A field that a revision filled, and the object that it was filled with. */
export interface FilledField {
  field: FormField;
  signature: PdfObject & { value: PdfDictionary };
}

const signatureKeys = new Set('Type Filter SubFilter Name Reason M ByteRange Contents'.split(' '));

/** Checks the signature that a revision put into a field. */
export function checkSeal(
  file: PdfFile,
  revision: number,
  { field, signature }: FilledField,
  trusted: TrustedCertificates,
  findings: Findings,
): SealReport {
  const report = describe(field.name, signature.value);
  const fail: Fail = (code, message) => findings.add(code, `${field.name}: ${message}`);
  if (!isSealDictionary(signature.value)) fail('seal-malformed', 'the signature dictionary is not that of a seal.');
  const contents = signature.value.entries.get('Contents');
  if (contents?.kind !== 'string') {
    fail('seal-malformed', 'there is no signature.');
    return report;
  }
  report.coversRevision = coversRevision(file, revision, signature.value, contents);
  report.coversWholeFile = report.coversRevision && revision === file.revisions.length - 1;
  if (!report.coversRevision) fail('coverage-incomplete', 'the seal does not cover all of its revision.');
  const cms = readContents(file, contents, fail);
  if (!cms) return report;
  const digest = digestOf(file, revision, contents);
  if (!digest.equals(cms.messageDigest)) fail('digest-mismatch', 'the document is not the one that was sealed.');
  report.certificate = checkSigner(cms, report.claimedAt, trusted, fail);
  return report;
}

/** Takes a finding about one seal. */
export type Fail = Findings['add'];

function describe(field: string, { entries }: PdfDictionary): SealReport {
  const textAt = (key: string): string | undefined => {
    const value = entries.get(key);
    return value?.kind === 'string' ? textOf(value.bytes) : undefined;
  };
  const [name, reason, claimed] = [textAt('Name'), textAt('Reason'), readPdfTime(textAt('M'))];
  return {
    field,
    ...(name !== undefined && { name }),
    ...(reason !== undefined && { reason }),
    ...(claimed && { claimedAt: claimed.toISOString() }),
    coversRevision: false,
    coversWholeFile: false,
  };
}

function isSealDictionary({ entries }: PdfDictionary): boolean {
  const nameAt = (key: string): string | undefined => {
    const value = entries.get(key);
    return value?.kind === 'name' ? value.value : undefined;
  };
  const time = entries.get('M');
  return (
    [...entries.keys()].every((key) => signatureKeys.has(key)) &&
    nameAt('Type') === 'Sig' &&
    nameAt('Filter') === 'Adobe.PPKLite' &&
    nameAt('SubFilter') === 'ETSI.CAdES.detached' &&
    (time === undefined || (time.kind === 'string' && readPdfTime(textOf(time.bytes)) !== undefined))
  );
}

/** Whether /ByteRange is everything up to the end of the revision but the string of /Contents. */
export function coversRevision(
  file: PdfFile,
  revision: number,
  { entries }: PdfDictionary,
  { start, end }: PdfString,
): boolean {
  const range = entries.get('ByteRange');
  if (range?.kind !== 'array' || range.items.length !== 4) return false;
  const expected = [0, start, end, file.revisions[revision]!.end - end];
  return range.items.every((item, index) => item.kind === 'number' && item.value === expected[index]);
}

/** SHA-256 of a revision, and of those before it, without its signature. */
export function digestOf({ bytes, revisions }: PdfFile, revision: number, { start, end }: PdfString): Buffer {
  const hash = createHash('sha256');
  return hash.update(bytes.subarray(0, start)).update(bytes.subarray(end, revisions[revision]!.end)).digest();
}

/**
 * The DER value at the beginning of a signature's string; the rest must be zero and all of it lower-case hexadecimal,
 * because no seal covers these bytes.
 */
export function signatureBytes({ bytes }: PdfFile, { hex, bytes: content, start, end }: PdfString, fail: Fail): Buffer {
  if (content.length > mostSignatureBytes) throw new DerError('it is larger than any signature');
  const written = bytes.toString('latin1', start, end);
  if (!hex || !/^<[0-9a-f]+>$/.test(written)) {
    fail('seal-malformed', 'the signature is not in lower-case hexadecimal digits.');
  }
  const value = readDer(content).bytes;
  if (content.subarray(value.length).some((byte) => byte !== 0)) {
    fail('padding-not-zero', 'bytes are hidden behind the signature.');
  }
  return value;
}

const mostSignatureBytes = 128 * 1024;

function readContents(file: PdfFile, contents: PdfString, fail: Fail): SealCms | undefined {
  try {
    const value = signatureBytes(file, contents, fail);
    if (usesWeakDigest(value)) {
      fail('weak-algorithm', 'the signature uses a hash that can be forged.');
      return undefined;
    }
    return readSealCms(value);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    fail('seal-malformed', `the signature cannot be read: ${error.message}.`);
    return undefined;
  }
}

/** Checks the signature with its certificate, and the certificate with those that are trusted. */
function checkSigner(
  cms: SealCms,
  claimedAt: string | undefined,
  trusted: TrustedCertificates,
  fail: Fail,
): CertificateReport | undefined {
  const chain = readChain(cms.certificates);
  const [signer] = chain ?? [];
  if (!chain || !signer) {
    fail('seal-malformed', 'a certificate cannot be read.');
    return undefined;
  }
  if (chain.some(isWeak)) fail('weak-algorithm', 'a certificate has a key or a signature that is too weak.');
  const isRsa = signer.publicKey.asymmetricKeyType === 'rsa';
  if (!isRsa || !holds(() => verify('sha256', signedAttributes(cms), signer.publicKey, cms.signature))) {
    fail('signature-invalid', 'the signature is not that of the certificate.');
  }
  if (!isChain(chain) || !trusted.trusts(chain)) {
    fail('unknown-certificate', 'the certificate is not one that is trusted here.');
  }
  if (claimedAt !== undefined && !chain.every((certificate) => isInForce(certificate, new Date(claimedAt)))) {
    fail('certificate-not-in-force', 'a certificate was not in force when the seal says it was made.');
  }
  return describeCertificate(signer);
}

function readChain(certificates: readonly Buffer[]): X509Certificate[] | undefined {
  try {
    return certificates.map(readCertificate);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** A certificate as reports tell it. */
export function describeCertificate(certificate: X509Certificate): CertificateReport {
  const oneLine = (name: string): string => name.replaceAll('\n', ', ');
  // A certificate may have neither name.
  return {
    subject: oneLine(certificate.subject ?? ''),
    issuer: oneLine(certificate.issuer ?? ''),
    serial: certificate.serialNumber.toLowerCase(),
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

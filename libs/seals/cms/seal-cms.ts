import { createHash } from 'node:crypto';
import { issuerAndSerial } from './certificate-parts.js';
import { der, derChild, derChildren, DerError, readDer, sortedMembers, tagged } from './der.js';
import { mostCertificates } from './limits.js';
import { oids } from './oids.js';

/** What a seal's CMS says; with it every one of its bytes is settled. */
export interface SealCms {
  /** DER, the signer's first, then those that issued it, one by one. */
  certificates: readonly Buffer[];
  /** SHA-256 of the bytes that are sealed. */
  messageDigest: Buffer;
  signature: Buffer;
}

const sha256Algorithm = der.sequence(der.oid(oids.sha256));
const rsaAlgorithm = der.sequence(der.oid(oids.sha256WithRsa), der.nothing());

/**
 * The signed attributes as they are signed: contentType, messageDigest and signing-certificate-v2, which holds the hash
 * of each certificate, so that none can be replaced. No signing-time: PAdES baseline (ETSI EN 319 142-1) forbids it, and
 * the bytes stay the same when the same seal is made again.
 */
export function signedAttributes({ certificates, messageDigest }: Omit<SealCms, 'signature'>): Buffer {
  const references = certificates.map((certificate) => der.sequence(der.octetString(sha256(certificate))));
  return der.set(
    attribute(oids.contentType, der.oid(oids.data)),
    attribute(oids.messageDigest, der.octetString(messageDigest)),
    attribute(oids.signingCertificateV2, der.sequence(der.sequence(...references))),
  );
}

/** The whole CMS SignedData (RFC 5652) in DER, detached. */
export function writeSealCms(cms: SealCms): Buffer {
  const [signer] = cms.certificates;
  if (!signer) throw new RangeError('a seal needs a certificate');
  const { issuer, serialNumber } = issuerAndSerial(signer);
  const attributes = signedAttributes(cms);
  const signerInfo = der.sequence(
    der.small(1),
    der.sequence(issuer, serialNumber),
    sha256Algorithm,
    tagged(0xa0, readDer(attributes).content),
    rsaAlgorithm,
    der.octetString(cms.signature),
  );
  const signedData = der.sequence(
    der.small(1),
    der.set(sha256Algorithm),
    der.sequence(der.oid(oids.data)),
    der.context(0, sortedMembers(cms.certificates)),
    der.set(signerInfo),
  );
  return der.sequence(der.oid(oids.signedData), der.context(0, signedData));
}

/**
 * Reads a seal's CMS. Only the bytes that `writeSealCms` would write are accepted: whatever a reader could pass over
 * (another attribute, another order, a longer length, an unsigned part) is refused.
 *
 * @throws DerError
 */
export function readSealCms(bytes: Buffer): SealCms {
  const cms = partsOf(bytes);
  if (!writeSealCms(cms).equals(bytes)) throw new DerError('the signature is not written as seals are');
  return cms;
}

function partsOf(bytes: Buffer): SealCms {
  const contentInfo = derChildren(derChild([readDer(bytes)], 0, 0x30).content);
  const signedData = derChildren(derChild(derChildren(derChild(contentInfo, 1, 0xa0).content), 0, 0x30).content);
  const certificates = derChildren(derChild(signedData, 3, 0xa0).content).map((node) => node.bytes);
  if (certificates.length > mostCertificates) throw new DerError('there are too many certificates');
  const signerInfo = derChildren(derChild(derChildren(derChild(signedData, 4, 0x31).content), 0, 0x30).content);
  const attributes = derChildren(derChild(signerInfo, 3, 0xa0).content);
  const digestValue = valueOfAttribute(attributes, oids.messageDigest);
  return {
    certificates: inSignedOrder(certificates, valueOfAttribute(attributes, oids.signingCertificateV2)),
    messageDigest: derChild([digestValue], 0, 0x04).content,
    signature: derChild(signerInfo, 5, 0x04).content,
  };
}

/** The certificates in the order in which signing-certificate-v2 names them, the signer's first. */
function inSignedOrder(certificates: readonly Buffer[], value: ReturnType<typeof readDer>): Buffer[] {
  const references = derChildren(derChild(derChildren(value.content), 0, 0x30).content);
  if (references.length !== certificates.length) throw new DerError('not every certificate is signed');
  return references.map((reference) => {
    const hash = derChild(derChildren(reference.content), 0, 0x04).content;
    const found = certificates.find((certificate) => sha256(certificate).equals(hash));
    if (!found) throw new DerError('a certificate is not the one that was signed');
    return found;
  });
}

function valueOfAttribute(attributes: readonly ReturnType<typeof readDer>[], type: string): ReturnType<typeof readDer> {
  const identifier = der.oid(type);
  const found = attributes.map(({ content }) => derChildren(content)).find(([name]) => name?.bytes.equals(identifier));
  return readDer(derChild(found ?? [], 1, 0x31).content);
}

function attribute(type: string, value: Buffer): Buffer {
  return der.sequence(der.oid(type), der.set(value));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

const weakDigests = [oids.md5, oids.sha1].map((oid) => der.oid(oid));

/**
 * Whether the signature, whichever way it is written, names a hash that can be forged.
 *
 * @throws DerError where the place at which it names its hashes cannot be found
 */
export function usesWeakDigest(bytes: Buffer): boolean {
  const contentInfo = derChildren(derChild([readDer(bytes)], 0, 0x30).content);
  const signedData = derChildren(derChild(derChildren(derChild(contentInfo, 1, 0xa0).content), 0, 0x30).content);
  const algorithms = derChildren(derChild(signedData, 1, 0x31).content);
  return algorithms.some(({ content }) => weakDigests.some((weak) => readDer(content).bytes.equals(weak)));
}

import { createHash, verify, type X509Certificate } from 'node:crypto';
import { certificateExtension, issuerAndSerial } from '../cms/certificate-parts.js';
import { der, derChild, derChildren, DerError, readDer, tagged, type DerNode } from '../cms/der.js';
import { mostCertificates } from '../cms/limits.js';
import { oids } from '../cms/oids.js';
import { holds, readCertificate } from '../verify/certificates.js';

/** A time-stamp token (RFC 3161) whose signature holds with the certificate in it. Whether that is trusted is another matter. */
export interface TimestampToken {
  /** The instant that the authority vouches for. */
  at: Date;
  /** SHA-256 of what was stamped. */
  imprint: Buffer;
  nonce: Buffer | undefined;
  policy: string;
  serialNumber: string;
  /** The authority's certificate, and the others that the token holds. */
  signer: X509Certificate;
  certificates: X509Certificate[];
}

const hashes = new Map([
  [oids.sha256, 'sha256'],
  [oids.sha384, 'sha384'],
  [oids.sha512, 'sha512'],
] as const);

/** Signature algorithms, with the hash that they name; plain RSA takes that of the digest. */
const signatureAlgorithms = new Map<string, { hash?: string }>([
  [oids.rsaEncryption, {}],
  [oids.sha256WithRsa, { hash: 'sha256' }],
  [oids.sha384WithRsa, { hash: 'sha384' }],
  [oids.sha512WithRsa, { hash: 'sha512' }],
  [oids.ecdsaWithSha256, { hash: 'sha256' }],
  [oids.ecdsaWithSha384, { hash: 'sha384' }],
  [oids.ecdsaWithSha512, { hash: 'sha512' }],
]);

interface SignerInfo {
  identifier: DerNode;
  hash: string;
  digestAlgorithm: Buffer;
  attributes: DerNode;
  signature: Buffer;
}

/**
 * Reads a token and checks its signature, its binding to the certificate, and that the certificate is for time-stamps
 * and for nothing else.
 *
 * @throws DerError that says what does not hold
 */
export function readTimestampToken(bytes: Buffer): TimestampToken {
  const [type, wrapper] = exactly(2, childrenOf(readDer(bytes), 0x30));
  requireOid(type, oids.signedData, 'the token is no signed data');
  const [signedData] = exactly(1, childrenOf(wrapper, 0xa0));
  const [version, digests, encapsulated, certificateSet, signers] = exactly(5, childrenOf(signedData, 0x30));
  const [contentType, contentWrapper] = exactly(2, childrenOf(encapsulated, 0x30));
  requireOid(contentType, oids.timestampInfo, 'the token holds no time-stamp');
  const [octets] = exactly(1, childrenOf(contentWrapper, 0xa0));
  const { content } = derChild([octets!], 0, 0x04);
  const certificates = childrenOf(certificateSet, 0xa0)
    .slice(0, mostCertificates + 1)
    .map((node) => readCertificate(node.bytes));
  if (certificates.length > mostCertificates) throw new DerError('the token holds too many certificates');
  const signerInfo = readSignerInfo(exactly(1, childrenOf(signers, 0x31))[0]!);
  const [digest] = exactly(1, childrenOf(digests, 0x31));
  if (!version?.bytes.equals(der.small(3)) || !digest?.bytes.equals(signerInfo.digestAlgorithm)) {
    throw new DerError('the token is not written as time-stamps are');
  }
  const signer = certificates.find((one) => isNamed(one, signerInfo.identifier));
  if (!signer) throw new DerError('the token lacks the certificate of its signer');
  checkSignature(signerInfo, content, signer);
  checkPurpose(signer);
  return { ...readInfo(content), signer, certificates };
}

/** What a value of this tag holds. */
function childrenOf(node: DerNode | undefined, tag: number): DerNode[] {
  return derChildren(derChild(node ? [node] : [], 0, tag).content);
}

/** No part may be there that nobody signed and nobody looks at. */
function exactly(count: number, nodes: DerNode[]): DerNode[] {
  if (nodes.length !== count) throw new DerError('the token has other parts than a time-stamp');
  return nodes;
}

function readSignerInfo(node: DerNode): SignerInfo {
  const parts = exactly(6, childrenOf(node, 0x30));
  const [version, identifier, digestAlgorithm, attributes, algorithm, signature] = parts;
  const hash = hashes.get(algorithmOf(digestAlgorithm!) as never);
  const named = signatureAlgorithms.get(algorithmOf(algorithm!));
  if (!hash || !named || (named.hash !== undefined && named.hash !== hash)) {
    throw new DerError('the token uses an algorithm that is not accepted');
  }
  if (!version?.bytes.equals(der.small(1))) throw new DerError('the token is not written as time-stamps are');
  return {
    identifier: identifier!,
    hash,
    digestAlgorithm: digestAlgorithm!.bytes,
    attributes: derChild([attributes!], 0, 0xa0),
    signature: derChild([signature!], 0, 0x04).content,
  };
}

/** Whether the signer's identifier, issuer and serial number, is that of the certificate. */
function isNamed({ raw }: X509Certificate, identifier: DerNode): boolean {
  const { issuer, serialNumber } = issuerAndSerial(raw);
  return identifier.bytes.equals(der.sequence(issuer, serialNumber));
}

function checkSignature(signerInfo: SignerInfo, content: Buffer, signer: X509Certificate): void {
  const attributes = derChildren(signerInfo.attributes.content).map((node) => derChildren(node.content));
  const valueOf = (type: string): DerNode | undefined => {
    const found = attributes.filter(([name]) => name?.bytes.equals(der.oid(type)));
    if (found.length > 1) throw new DerError('a signed attribute is there twice');
    return found[0] && readDer(derChild(found[0], 1, 0x31).content);
  };
  requireOid(valueOf(oids.contentType), oids.timestampInfo, 'the token signs something else');
  const digest = createHash(signerInfo.hash).update(content).digest();
  if (!valueOf(oids.messageDigest)?.content.equals(digest)) throw new DerError('the token was changed');
  checkBinding(valueOf(oids.signingCertificateV2), valueOf(oids.signingCertificate), signer);
  const signed = tagged(0x31, signerInfo.attributes.content);
  if (!holds(() => verify(signerInfo.hash, signed, signer.publicKey, signerInfo.signature)))
    throw new DerError('the token is not signed by its certificate');
}

/** The signed attributes must name the certificate, else another one with the same key could stand in for it. */
function checkBinding(second: DerNode | undefined, first: DerNode | undefined, { raw }: X509Certificate): void {
  const attribute = second ?? first;
  if (!attribute) throw new DerError('the token does not say whose it is');
  const identifier = derChildren(
    derChild(derChildren(derChild(derChildren(attribute.content), 0, 0x30).content), 0, 0x30).content,
  );
  // The first form is SHA-1; the second names its hash, and SHA-256 by silence.
  let algorithm = second ? 'sha256' : 'sha1';
  if (second && identifier[0]?.tag === 0x30)
    algorithm = hashes.get(algorithmOf(identifier.shift()!) as never) ?? 'none';
  const known = algorithm !== 'none' && createHash(algorithm).update(raw).digest();
  if (!known || !derChild(identifier, 0, 0x04).content.equals(known)) {
    throw new DerError('the token names another certificate');
  }
}

/** RFC 3161, 2.3: the extended key usage is critical and time-stamping alone. */
function checkPurpose({ raw }: X509Certificate): void {
  const usage = certificateExtension(raw, oids.extendedKeyUsage);
  const expected = der.sequence(der.oid(oids.timeStamping));
  if (!usage?.critical || !usage.value.equals(expected)) {
    throw new DerError('the certificate of the token is not one for time-stamps');
  }
}

function readInfo(content: Buffer): Pick<TimestampToken, 'at' | 'imprint' | 'nonce' | 'policy' | 'serialNumber'> {
  const [, policy, imprint, serialNumber, time, ...others] = derChildren(derChild([readDer(content)], 0, 0x30).content);
  const [algorithm, hash] = derChildren(derChild([imprint!], 0, 0x30).content);
  if (algorithm === undefined || algorithmOf(algorithm) !== oids.sha256)
    throw new DerError('the token stamps another hash');
  const nonce = others.find(({ tag }) => tag === 0x02)?.content;
  return {
    at: readTime(derChild([time!], 0, 0x18)),
    imprint: derChild([hash!], 0, 0x04).content,
    nonce,
    policy: oidText(derChild([policy!], 0, 0x06)),
    serialNumber: derChild([serialNumber!], 0, 0x02).content.toString('hex'),
  };
}

/** GeneralizedTime in UTC, with a fraction of the second where the authority tells one. */
function readTime({ content }: DerNode): Date {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(content.toString('latin1'));
  const [, year, month, day, hour, minute, second, fraction = ''] = parts ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
  if (!parts || Number.isNaN(at.getTime())) throw new DerError('the time of the token cannot be read');
  return at;
}

function requireOid(node: DerNode | undefined, identifier: string, message: string): void {
  if (!node?.bytes.equals(der.oid(identifier))) throw new DerError(message);
}

/** The object identifier of an AlgorithmIdentifier, which has no parameters but an empty one. */
function algorithmOf(node: DerNode): string {
  const [identifier, parameters, ...others] = childrenOf(node, 0x30);
  if (others.length > 0 || (parameters && !parameters.bytes.equals(der.nothing()))) {
    throw new DerError('the token uses an algorithm that is not accepted');
  }
  return oidText(derChild([identifier!], 0, 0x06));
}

function oidText({ content }: DerNode): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte % 128);
    if (byte >= 128) continue;
    if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

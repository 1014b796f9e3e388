import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { der, derChild, derChildren, readDer, tagged } from '../cms/der.js';
import { oids } from '../cms/oids.js';

export interface SelfMadeKeyOptions {
  /** The name in the certificate: whose seal this is. */
  commonName: string;
  notBefore: Date;
  notAfter: Date;
  /** Length of the RSA key in bits; 3072 where absent. */
  modulusBits?: number;
}

/** A private key and its certificate, both as PEM texts. */
export interface SelfMadeKey {
  privateKey: string;
  certificate: string;
}

/** Makes an RSA key and a certificate for it that it signs itself: nobody but who was given it has a reason to trust it. */
export function makeSelfSignedKey(options: SelfMadeKeyOptions): SelfMadeKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: options.modulusBits ?? 3072 });
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const algorithm = der.sequence(der.oid(oids.sha256WithRsa), der.nothing());
  const toBeSigned = certificateContent(options, publicKey, algorithm);
  const signature = sign('sha256', toBeSigned, privateKey);
  const certificate = der.sequence(toBeSigned, algorithm, der.bitString(signature));
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem('CERTIFICATE', certificate),
  };
}

/** TBSCertificate (RFC 5280), for signatures and nothing else. */
function certificateContent(options: SelfMadeKeyOptions, publicKey: Buffer, algorithm: Buffer): Buffer {
  const name = der.sequence(der.set(der.sequence(der.oid(oids.commonName), der.utf8String(options.commonName))));
  const serialNumber = randomBytes(16);
  serialNumber[0] = (serialNumber[0]! & 0x7f) | 0x40;
  return der.sequence(
    der.context(0, der.small(2)),
    der.unsigned(serialNumber),
    algorithm,
    name,
    der.sequence(der.time(options.notBefore), der.time(options.notAfter)),
    name,
    publicKey,
    der.context(3, extensions(publicKey)),
  );
}

function extensions(publicKey: Buffer): Buffer {
  const keyBits = derChild(derChildren(readDer(publicKey).content), 1, 0x03).content.subarray(1);
  // digitalSignature and nonRepudiation: the two highest bits, six unused ones after them.
  const usage = tagged(0x03, Buffer.of(6, 0b1100_0000));
  return der.sequence(
    extension(oids.basicConstraints, true, der.sequence()),
    extension(oids.keyUsage, true, usage),
    extension(oids.subjectKeyIdentifier, false, der.octetString(createHash('sha1').update(keyBits).digest())),
  );
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.oid(type), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

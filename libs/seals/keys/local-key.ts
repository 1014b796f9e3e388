import { createPrivateKey, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { SealKey, SealKeyUnavailable } from './seal-key.js';

const leastModulusBits = 2048;
const mostModulusBits = 8192;
const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A key that this process holds in its memory. */
export class LocalSealKey extends SealKey {
  readonly signatureAlgorithm = 'RSA-SHA256';
  readonly certificates: readonly Buffer[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly signatureBytes: number;
  readonly isSelfSigned: boolean;

  /**
   * @param certificates that of the key among them, in any order; those which do not lead on from it are left out
   * @throws SealKeyUnavailable where the key is not RSA of 2048 bits or more, or no certificate is the key's
   */
  constructor(
    private readonly privateKey: KeyObject,
    certificates: readonly X509Certificate[],
  ) {
    super();
    const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
    if (privateKey.asymmetricKeyType !== 'rsa' || bits < leastModulusBits || bits > mostModulusBits) {
      throw new SealKeyUnavailable(`the seal key must be RSA of ${leastModulusBits} to ${mostModulusBits} bits`);
    }
    const own = certificates.find((certificate) => certificate.checkPrivateKey(privateKey));
    if (!own) throw new SealKeyUnavailable('none of the certificates is that of the seal key');
    this.certificates = issuerChain(own, certificates).map(({ raw }) => raw);
    this.notBefore = new Date(own.validFrom);
    this.notAfter = new Date(own.validTo);
    this.signatureBytes = Math.ceil(bits / 8);
    this.isSelfSigned = own.subject === own.issuer && own.verify(own.publicKey);
  }

  /** From a text that holds a private key and certificates in PEM. */
  static fromPem(text: string, passphrase?: string): LocalSealKey {
    try {
      const certificates = (text.match(pemCertificate) ?? []).map((pem) => new X509Certificate(pem));
      return new LocalSealKey(createPrivateKey({ key: text, ...(passphrase && { passphrase }) }), certificates);
    } catch (error) {
      if (error instanceof SealKeyUnavailable) throw error;
      // What the parser says may quote the file.
      throw new SealKeyUnavailable('the seal key cannot be read as PEM, or its passphrase is wrong');
    }
  }

  sign(bytes: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      sign('sha256', bytes, this.privateKey, (error, signature) => (error ? reject(error) : resolve(signature)));
    });
  }
}

/** The certificate, that of its issuer, and so on, as far as they are given; a root's own is the last. */
function issuerChain(own: X509Certificate, given: readonly X509Certificate[]): X509Certificate[] {
  const chain = [own];
  for (;;) {
    const last = chain.at(-1)!;
    const issuer = given.find((one) => !chain.includes(one) && last.checkIssued(one) && last.verify(one.publicKey));
    if (!issuer) return chain;
    chain.push(issuer);
  }
}

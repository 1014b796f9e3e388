/** How a key signs. RSA with PKCS#1 v1.5 is deterministic: the same seal made again has the same bytes. */
export type SealSignatureAlgorithm = 'RSA-SHA256';

/**
 * The key that seals are made with, wherever it is kept: in files, or in a device or service that signs without giving
 * the key away.
 */
export abstract class SealKey {
  /** DER; the certificate of the key first, then its issuer's, and so on. */
  abstract readonly certificates: readonly Buffer[];
  abstract readonly signatureAlgorithm: SealSignatureAlgorithm;
  /** The certificate counts from the first to the last of these instants. */
  abstract readonly notBefore: Date;
  abstract readonly notAfter: Date;
  /** The length of a signature in bytes. */
  abstract readonly signatureBytes: number;
  /** The certificate is signed by its own key: only who was given it has a reason to trust it. */
  abstract readonly isSelfSigned: boolean;
  /** Signs the SHA-256 of the bytes. Errors never tell of the key. */
  abstract sign(bytes: Uint8Array): Promise<Buffer>;
}

/** No seal can be made right now: there is no key, it cannot be read, or its certificate is not in force. Worth a retry. */
export class SealKeyUnavailable extends Error {
  override readonly name = 'SealKeyUnavailable';
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** Bytes that nobody can read without their own key: forgetting the key erases them wherever copies of them lie. */
export interface SealedBytes {
  key: Buffer;
  bytes: Buffer;
}

/** Encrypts under a new key of its own. */
export function seal(plain: Uint8Array): SealedBytes {
  const key = randomBytes(32);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { key, bytes: Buffer.concat([nonce, cipher.getAuthTag(), sealed]) };
}

/** The plain bytes; throws where key and bytes don't belong together. */
export function unseal(bytes: Uint8Array, key: Uint8Array): Buffer {
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
}

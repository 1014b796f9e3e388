import { createHash, hash, type Hash } from 'node:crypto';

/** The SHA-256 of some bytes or of a text's UTF-8, in lower-case hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}

/** The same of a content that comes in parts. */
export function sha256InParts(): Hash {
  return createHash('sha256');
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import { sha256 } from '../kernel/sha256.js';

/**
 * What a link allows: to follow and steer one application, to prove the mail address of one, to answer for one as its
 * reference, or to sign one envelope.
 */
export type LinkPurpose = 'application' | 'verification' | 'reference' | 'signing';

/**
 * Links that are a right in themselves. Their tokens are derived from a secret and never stored: the database holds a
 * hash at most, so that nobody who reads it, and no company role, can use a partner's link.
 */
export class CapabilityLinks {
  private readonly secret: Buffer;

  constructor(secretBase64: string) {
    this.secret = Buffer.from(secretBase64, 'base64');
  }

  /** `<purpose>.<id>.<proof>`; the id is not secret, the proof is. */
  token(purpose: LinkPurpose, subjectId: string): string {
    return `${purpose}.${subjectId}.${this.proof(purpose, subjectId).toString('base64url')}`;
  }

  /** The id that a token gives a right to; undefined for a token that isn't ours or is for something else. */
  verify(purpose: LinkPurpose, token: string): string | undefined {
    const [given, subjectId, proof] = token.split('.');
    if (given !== purpose || !subjectId || !proof) return undefined;
    const expected = this.proof(purpose, subjectId);
    const actual = Buffer.from(proof, 'base64url');
    return actual.length === expected.length && timingSafeEqual(actual, expected) ? subjectId : undefined;
  }

  /** What may be stored and compared instead of the token. */
  static hash(token: string): string {
    return sha256(token);
  }

  private proof(purpose: LinkPurpose, subjectId: string): Buffer {
    return createHmac('sha256', this.secret).update(`${purpose}\n${subjectId}`).digest();
  }
}

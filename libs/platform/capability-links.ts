import { createHmac, timingSafeEqual } from 'node:crypto';
import { sha256 } from '../kernel/sha256.js';

/** What a signer's link is derived from: the recipient, and how often its link was changed. */
export function signingSubject(recipientId: string, generation: number): string {
  return `${recipientId}-${generation}`;
}

/** The recipient that such a subject is of. */
export function signingRecipient(subject: string): string {
  return subject.replace(/-\d+$/, '');
}

/** What a one-time code is derived from, for the mail and for the comparison alike. */
export function challengeSubject(recipientId: string, number: number): string {
  return `${recipientId}-${number}`;
}

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

  /** What is stored of the link of a signer, to know the newest one again. */
  signingHash(recipientId: string, generation: number): string {
    return CapabilityLinks.hash(this.token('signing', signingSubject(recipientId, generation)));
  }

  /** The id that a token gives a right to; undefined for a token that isn't ours or is for something else. */
  verify(purpose: LinkPurpose, token: string): string | undefined {
    const [given, subjectId, proof] = token.split('.');
    if (given !== purpose || !subjectId || !proof) return undefined;
    const expected = this.proof(purpose, subjectId);
    const actual = Buffer.from(proof, 'base64url');
    return actual.length === expected.length && timingSafeEqual(actual, expected) ? subjectId : undefined;
  }

  /**
   * A code of six digits for one challenge. It is derived anew when it is mailed and when it is compared, and stored
   * nowhere.
   */
  code(challenge: string): string {
    const number = this.derived('code', challenge).readUIntBE(0, 6) % 1_000_000;
    return String(number).padStart(6, '0');
  }

  /** What is stored of a code that somebody chose: without the secret, not even a short one can be found from it. */
  digest(subject: string, code: string): string {
    return this.derived('digest', `${subject}\n${code}`).toString('hex');
  }

  /** Whether this is the digest of a subject and a code; takes equally long wherever two digests differ. */
  isDigest(subject: string, code: string, digest: string): boolean {
    const expected = Buffer.from(this.digest(subject, code));
    const actual = Buffer.from(digest);
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }

  /** What may be stored and compared instead of the token. */
  static hash(token: string): string {
    return sha256(token);
  }

  private proof(purpose: LinkPurpose, subjectId: string): Buffer {
    return this.derived(purpose, subjectId);
  }

  private derived(purpose: string, subject: string): Buffer {
    return createHmac('sha256', this.secret).update(`${purpose}\n${subject}`).digest();
  }
}

/**
 * Every code a domain error may carry. Codes are part of the public API: they are added, never renamed. The API
 * maps each of them to a status in one exhaustive table.
 */
export type ErrorCode =
  | 'malformed-request'
  | 'invalid-document'
  | 'outside-guardrails'
  | 'unauthenticated'
  | 'forbidden'
  | 'maker-is-checker'
  | 'not-found'
  | 'illegal-transition'
  | 'hash-mismatch'
  | 'round-changed'
  | 'not-your-turn'
  | 'authentication-required'
  | 'authentication-failed'
  | 'signer-locked'
  | 'link-replaced'
  | 'seal-unverified'
  | 'already-exists'
  | 'event-conflict'
  | 'idempotency-key-reused'
  | 'request-in-progress'
  | 'no-agreement'
  | 'checklist-incomplete'
  | 'insufficient-funds'
  | 'rehearsal-only'
  | 'payload-too-large'
  | 'unsupported-media-type'
  | 'rate-limited'
  | 'unavailable';

/** One thing that is wrong with an input: where (an RFC 6901 JSON pointer; empty for the whole) and what. */
export interface FieldError {
  pointer: string;
  message: string;
}

/** An error that a caller can understand and act on; anything else that is thrown is a defect or an outage. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly errors: readonly FieldError[] = [],
    /** Members that the problem document gets beside the usual ones (RFC 9457, extension members); never personal data. */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

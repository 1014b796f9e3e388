import { HttpException } from '@nestjs/common';
import { isLostConnection, sqlState } from '../../../libs/database/index.js';
import { DomainError, type ErrorCode, type FieldError } from '../../../libs/kernel/domain-error.js';
import { OutsideFailure } from '../../../libs/kernel/outside-failure.js';
import { RateLimited } from './rate-limited.js';

/** Codes of problems that are HTTP's own, beside those of the domain. */
export type ProblemCode = ErrorCode | 'method-not-allowed' | 'internal';

/** A problem document (RFC 9457). `code` is stable; `detail` is for people and may change. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  errors: readonly FieldError[];
  requestId: string;
  /** Further members that a code brings (RFC 9457, extension members), such as `current`. */
  [member: string]: unknown;
}

/** An answer that tells of a problem; `isDefect` marks what only an operator can mend. */
export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
  isDefect: boolean;
}

interface Meaning {
  status: number;
  title: string;
}

/** Every code's status and title. The compiler demands a line here for each code that the domain gains. */
export const meanings = {
  'malformed-request': { status: 400, title: 'The request is malformed' },
  unauthenticated: { status: 401, title: 'A valid bearer token is needed' },
  forbidden: { status: 403, title: 'Not allowed' },
  'maker-is-checker': { status: 403, title: 'Who made it may not approve it' },
  'authentication-required': { status: 403, title: 'The signer must prove who it is first' },
  'authentication-failed': { status: 403, title: 'The code is wrong' },
  'rehearsal-only': { status: 403, title: 'Allowed in a rehearsal alone' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'illegal-transition': { status: 409, title: 'The state does not allow this' },
  'not-your-turn': { status: 409, title: "It is somebody else's turn" },
  'already-exists': { status: 409, title: 'It exists already' },
  'event-conflict': { status: 409, title: 'The event exists with other content' },
  'checklist-incomplete': { status: 409, title: 'The checklist is not complete' },
  'request-in-progress': { status: 409, title: 'The same request is being answered' },
  'seal-unverified': { status: 409, title: 'The sealed document does not verify' },
  'link-replaced': { status: 410, title: 'A newer link has taken the place of this one' },
  'round-changed': { status: 409, title: 'Another round is on the table' },
  'hash-mismatch': { status: 412, title: 'What was looked at is not what is there' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'invalid-document': { status: 422, title: 'The document is not valid' },
  'outside-guardrails': { status: 422, title: 'The terms are outside of what the program allows' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'no-agreement': { status: 422, title: 'No agreement is in force' },
  'insufficient-funds': { status: 422, title: 'The funds do not suffice' },
  'signer-locked': { status: 423, title: 'Too many wrong codes: the company has to unlock the signer' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something is broken on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const satisfies Record<ProblemCode, Meaning>;

const codeOfStatus: Readonly<Record<number, ProblemCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'payload-too-large',
  415: 'unsupported-media-type',
  429: 'rate-limited',
  503: 'unavailable',
};

const maxErrors = 100;
const retryAfterSeconds = '2';

/** The problem document of a code. */
export function problemOf(
  code: ProblemCode,
  detail: string,
  requestId: string,
  errors: readonly FieldError[] = [],
): Problem {
  const { status, title } = meanings[code];
  const type = `urn:pactline:problem:${code}`;
  return { type, title, status, code, detail, errors: errors.slice(0, maxErrors), requestId };
}

/**
 * What anything that was thrown looks like to the caller. Texts of errors that are not ours are never repeated: they
 * may quote the request.
 */
export function answerTo(error: unknown, requestId: string): ProblemAnswer {
  const known = asDomainError(error);
  if (known) {
    const problem = { ...known.members, ...problemOf(known.code, known.message, requestId, known.errors) };
    const headers = headersOf(known.code);
    if (known instanceof RateLimited) headers['retry-after'] = String(known.retryAfterSeconds);
    return { problem, headers, isDefect: false };
  }
  if (error instanceof HttpException && error.getStatus() < 500) {
    const code = codeOfStatus[error.getStatus()] ?? 'malformed-request';
    return {
      problem: problemOf(code, `${meanings[code].title}.`, requestId),
      headers: headersOf(code),
      isDefect: false,
    };
  }
  const detail = 'The request failed for a reason on our side; its id finds the reason in the log.';
  return { problem: problemOf('internal', detail, requestId), headers: {}, isDefect: true };
}

function headersOf(code: ProblemCode): Record<string, string> {
  if (code === 'unauthenticated') return { 'www-authenticate': 'Bearer' };
  if (code === 'unavailable' || code === 'request-in-progress' || code === 'rate-limited') {
    return { 'retry-after': retryAfterSeconds };
  }
  return {};
}

function asDomainError(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  if (error instanceof OutsideFailure) return unavailable();
  const state = sqlState(error);
  if (state === undefined) return isLostConnection(error) ? unavailable() : undefined;
  if (isOutage(state)) return unavailable();
  // A value that PostgreSQL cannot hold (a NUL, a number out of range) is the input's fault even where no check named it.
  if (/^22...$/.test(state)) return new DomainError('malformed-request', 'a value cannot be stored as it is');
  return state === '23505' ? new DomainError('already-exists', 'the same thing exists already') : undefined;
}

function unavailable(): DomainError {
  return new DomainError('unavailable', 'a part of the system does not answer; the same request may be sent again');
}

const outages =
  /^(08...|53...|57P0[1-5]|57014|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;

/** SQLSTATEs and socket errors after which the same request may work later. */
function isOutage(code: string): boolean {
  return outages.test(code);
}

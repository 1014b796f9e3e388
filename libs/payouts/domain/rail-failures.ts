import { OutsideFailure } from '../../kernel/outside-failure.js';

/** The rail executed or checked the request and said no. The attempt is over: the same key gives the same answer. */
export class RailRefusal extends Error {
  override readonly name = 'RailRefusal';
  readonly permanent = true;

  /** @param code the rail's stable code (such as `balance_insufficient`), for people and for reports */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The rail takes no more requests now. This request did nothing; it says nothing about earlier sends of its key. */
export class RailThrottled extends OutsideFailure {
  override readonly name = 'RailThrottled';

  constructor(
    readonly retryAfterMs: number,
    message: string,
  ) {
    super(message);
  }
}

/** The request may or may not have had its effect: the money stays reserved until a probe or a resend tells. */
export class RailOutcomeUnknown extends OutsideFailure {
  override readonly name = 'RailOutcomeUnknown';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The rail could not be asked: a read that got no answer, or a key that the rail does not accept. This request did
 * nothing and failing the item would be wrong, since nothing is wrong with the item; it says nothing about earlier
 * sends of its key.
 */
export class RailUnavailable extends OutsideFailure {
  override readonly name = 'RailUnavailable';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A webhook that the rail did not sign, signed too long ago, or that cannot be read. */
export class RailWebhookRejected extends Error {
  override readonly name = 'RailWebhookRejected';
}

/** What an HTTP rail answered, or that it did not answer, reduced to what classifies it. */
export interface RailAnswer {
  /** HTTP status; undefined where no readable answer came (time-out, reset, refused connection, broken body). */
  status: number | undefined;
  /** The error's type as the rail names it, such as `idempotency_error`. */
  rawType: string | undefined;
  code: string | undefined;
  retryAfterMs: number | undefined;
  /** The rail's id of the request, for its support desk. */
  requestId: string | undefined;
}

export type RailFailure = RailRefusal | RailThrottled | RailOutcomeUnknown | RailUnavailable;

/** How long to stay away from a rail that does not say for how long. */
const defaultRetryAfterMs = 1_000;

/** Rails' codes are short words; anything else might carry data, so it is not repeated. */
const codePattern = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * What an error answer means, by status, raw type and code (money.md, Stripe), never by an SDK's class.
 *
 * An `idempotency_error` is no refusal, though its status is 400: the key was used before with other parameters, and
 * what that first request did is not known here. A conflict (409) means that the first request is still under way.
 *
 * @param effect `write` where the request may have moved money, `read` where it cannot have
 */
export function classifyRailAnswer(action: string, effect: 'read' | 'write', answer: RailAnswer): RailFailure {
  const { status, rawType } = answer;
  const code = wordOf(answer.code) ?? wordOf(rawType) ?? (status === undefined ? 'no_answer' : `http_${status}`);
  const message = (what: string) => `${action}: ${what} (${code}${requestText(answer.requestId)})`;

  if (status === 429 || code === 'rate_limit') {
    return new RailThrottled(
      answer.retryAfterMs ?? defaultRetryAfterMs,
      message('the rail takes no more requests now'),
    );
  }
  if (status === 401 || status === 403) return new RailUnavailable(code, message('the rail does not accept our key'));
  if (isUndecided(status) || rawType === 'idempotency_error') {
    return effect === 'write'
      ? new RailOutcomeUnknown(code, message('the rail did not say whether it was done'))
      : new RailUnavailable(code, message('the rail did not answer'));
  }
  return new RailRefusal(code, message('the rail refused'));
}

/** No answer, request time-out, conflict, too early, and everything but a plain client error: it may have been done. */
function isUndecided(status: number | undefined): boolean {
  if (status === undefined || status < 400 || status >= 500) return true;
  return status === 408 || status === 409 || status === 424 || status === 425;
}

function wordOf(text: string | undefined): string | undefined {
  return text !== undefined && codePattern.test(text) ? text : undefined;
}

function requestText(requestId: string | undefined): string {
  const word = wordOf(requestId);
  return word === undefined ? '' : `, request ${word}`;
}

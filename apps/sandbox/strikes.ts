import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestFaultKind, Strike } from './faults.js';
import type { HeldResponses } from './held-responses.js';
import { serverError, StripeApiError } from './stripe-error.js';

/** Longer than the time-out of any sensible client. */
const defaultHoldMs = 30_000;
const defaultRetryAfterMs = 1_000;

export const defaultLatencyMs = 500;

/** Faults that strike before anything is done; true where the connection is gone. */
export function strikeBefore(
  context: { held: HeldResponses },
  strike: Strike<RequestFaultKind> | undefined,
  reply: FastifyReply,
): boolean {
  switch (strike?.kind) {
    case 'timeout_before':
      context.held.hold(reply, strike.delayMs ?? defaultHoldMs);
      return true;
    case 'reset_before':
      context.held.reset(reply);
      return true;
    case 'error_500_before':
      throw serverError();
    case 'throttle':
      throw new StripeApiError(429, 'invalid_request_error', 'Too many requests hit the API too quickly.', {
        code: 'rate_limit',
        retryAfterSeconds: Math.ceil((strike.delayMs ?? defaultRetryAfterMs) / 1000),
      });
    default:
      return false;
  }
}

/** Faults that keep an answer from its client; true where the connection is gone. */
export function strikeAfter(
  context: { held: HeldResponses },
  strike: Strike<RequestFaultKind> | undefined,
  reply: FastifyReply,
): boolean {
  if (strike?.kind === 'timeout_after') context.held.hold(reply, strike.delayMs ?? defaultHoldMs);
  else if (strike?.kind === 'reset_after') context.held.reset(reply);
  else return false;
  return true;
}

export function idOf(request: FastifyRequest): string {
  const { params } = request;
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

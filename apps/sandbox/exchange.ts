import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../libs/kernel/clock.js';
import type { Faults, RequestFaultKind, Strike } from './faults.js';
import { FormParams } from './form-params.js';
import type { HeldResponses } from './held-responses.js';
import { IdempotencyKeys } from './idempotency.js';
import type { Change, StoredAnswer } from './state.js';
import type { SandboxStore } from './store.js';
import { invalidRequest, serverError, StripeApiError } from './stripe-error.js';
import { defaultLatencyMs, headerOf, idOf, pathOf, strikeAfter, strikeBefore } from './strikes.js';
import type { V2Keys } from './v2/keys.js';
import type { WebhookSender } from './webhooks.js';

/** What the routes share. */
export interface SandboxContext {
  store: SandboxStore;
  faults: Faults;
  keys: IdempotencyKeys;
  v2Keys: V2Keys;
  held: HeldResponses;
  webhooks: WebhookSender;
  clock: Clock;
  /** What the platform has to send, per currency, in Stripe's smallest unit. */
  openingBalance: bigint;
  /** How long an outbound payment is processed; until somebody says so where undefined. */
  postAfterMs: number | undefined;
}

export interface EndpointRequest {
  params: FormParams;
  /** The id in the URL; empty where there is none. */
  id: string;
}

/** What an executed request answers and changes. */
export interface Executed {
  body: Record<string, unknown>;
  changes: readonly Change[];
}

/**
 * A POST endpoint: the call validates, throwing what is not stored under the key; what it returns executes, throwing
 * what is stored. Executing is synchronous, so that no other request comes between its look and its change.
 */
export type WriteEndpoint = (request: EndpointRequest) => () => Executed;
export type ReadEndpoint = (request: EndpointRequest) => Record<string, unknown>;

/** A new id of Stripe's form. */
export function newStripeId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

/** Handles GET: the answer is what is on disk by then. */
export function readHandler(context: SandboxContext, endpoint: ReadEndpoint) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const params = new FormParams(request.url.split('?').slice(1).join('?'));
    const strike = strikeOf(context, request, params);
    if (strikeBefore(context, strike, reply)) return reply;
    if (strike?.kind === 'latency') await sleep(strike.delayMs ?? defaultLatencyMs);
    const body = endpoint({ params, id: idOf(request) });
    await context.store.durable();
    if (strikeAfter(context, strike, reply)) return reply;
    if (strike?.kind === 'error_500_after') throw serverError();
    return reply.send(body);
  };
}

/** Handles POST with Stripe's idempotency: one execution per key, and the same answer ever after. */
export function writeHandler(context: SandboxContext, endpoint: WriteEndpoint) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const params = request.body instanceof FormParams ? request.body : undefined;
    if (!params && request.body !== undefined) throw invalidRequest('The body must be form-encoded.');
    const endpointRequest = { params: params ?? new FormParams(''), id: idOf(request) };
    const strike = strikeOf(context, request, endpointRequest.params);
    if (strikeBefore(context, strike, reply)) return reply;

    const key = headerOf(request, 'idempotency-key');
    const fingerprint = IdempotencyKeys.fingerprint(request.method, pathOf(request), endpointRequest.params);
    const stored = key === undefined ? undefined : context.keys.begin(key, fingerprint);
    const answer =
      stored ?? (await executeOnce(context, endpoint, endpointRequest, { key, fingerprint, strike, reply }));
    if (strikeAfter(context, strike, reply)) return reply;
    if (key !== undefined) reply.header('idempotency-key', key);
    if (stored) {
      // The first request may be on its way to the disk still.
      await context.store.durable();
      reply.header('idempotent-replayed', 'true').header('original-request', stored.requestId);
    }
    return reply.status(answer.status).type('application/json').send(answer.body);
  };
}

interface Execution {
  key: string | undefined;
  fingerprint: string;
  strike: Strike<RequestFaultKind> | undefined;
  reply: FastifyReply;
}

async function executeOnce(
  context: SandboxContext,
  endpoint: WriteEndpoint,
  request: EndpointRequest,
  { key, fingerprint, strike, reply }: Execution,
): Promise<StoredAnswer> {
  try {
    const execute = endpoint(request);
    if (strike?.kind === 'latency') await sleep(strike.delayMs ?? defaultLatencyMs);
    const { status, body, changes } = outcomeOf(execute, strike);
    const answer: StoredAnswer = {
      key: key ?? '',
      fingerprint,
      status,
      body: JSON.stringify(body),
      requestId: String(reply.getHeader('request-id')),
      createdAtMs: context.clock.now().getTime(),
    };
    await context.store.commit(key === undefined ? changes : [...changes, { kind: 'answer', answer }]);
    for (const change of changes) if (change.kind === 'event') context.webhooks.send(change.event);
    return answer;
  } finally {
    if (key !== undefined) context.keys.end(key);
  }
}

/** As of an account that may not be paid now: a refusal that is about the receiver, not about the request. */
function refusedOnDemand(): StripeApiError {
  return invalidRequest('The destination cannot receive transfers now.', 'transfers_not_allowed');
}

/** What an execution comes to. Errors of an execution are stored like any answer, as Stripe does (500 included). */
function outcomeOf(
  execute: () => Executed,
  strike: Strike<RequestFaultKind> | undefined,
): { status: number; body: Record<string, unknown>; changes: readonly Change[] } {
  try {
    if (strike?.kind === 'refuse') throw refusedOnDemand();
    const { body, changes } = execute();
    if (strike?.kind === 'error_500_after') return { status: 500, body: serverError().envelope(), changes };
    return { status: 200, body, changes };
  } catch (error) {
    if (!(error instanceof StripeApiError)) throw error;
    return { status: error.status, body: error.envelope(), changes: [] };
  }
}

function strikeOf(context: SandboxContext, request: FastifyRequest, params: FormParams) {
  return context.faults.strikeRequest({ method: request.method, path: pathOf(request), values: params.values() });
}

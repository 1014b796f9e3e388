import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SandboxContext } from '../exchange.js';
import type { RequestFaultKind, Strike } from '../faults.js';
import type { Change } from '../state.js';
import { serverError } from '../stripe-error.js';
import { defaultLatencyMs, headerOf, idOf, pathOf, strikeAfter, strikeBefore } from '../strikes.js';
import { StripeV2Error, invalidFields, refused } from './errors.js';
import { V2Keys } from './keys.js';
import type { V2Key } from './objects.js';

export interface V2Request {
  /** The JSON body; an empty object where there is none. */
  body: Record<string, unknown>;
  query: URLSearchParams;
  /** The id in the URL; empty where there is none. */
  id: string;
  /** The account in whose name the request is made; empty for the platform itself. */
  context: string;
}

/** What an executed request made or changed, by id, so that a repeat can read it as it is by then. */
export interface V2Executed {
  id: string;
  changes: readonly Change[];
}

/**
 * A POST endpoint of v2. `execute` throws what was refused, which is stored nowhere: the same key is executed again.
 * `present` reads the object that was made or changed.
 */
export interface V2WriteEndpoint {
  execute: (request: V2Request) => V2Executed;
  present: (id: string) => Record<string, unknown>;
}

/** Handles GET: the answer is what is on disk by then. */
export function v2ReadHandler(context: SandboxContext, read: (request: V2Request) => Record<string, unknown>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const v2Request = requestOf(request);
    const strike = strikeOf(context, request, [...v2Request.query.values()]);
    if (strikeBefore(context, strike, reply)) return reply;
    if (strike?.kind === 'latency') await sleep(strike.delayMs ?? defaultLatencyMs);
    const body = read(v2Request);
    await context.store.durable();
    if (strikeAfter(context, strike, reply)) return reply;
    if (strike?.kind === 'error_500_after') throw serverError();
    return reply.send(body);
  };
}

/** Handles POST with the idempotency of v2 ({@link V2Keys}). */
export function v2WriteHandler(context: SandboxContext, endpoint: V2WriteEndpoint) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const v2Request = requestOf(request);
    const strike = strikeOf(context, request, textsOf(v2Request.body));
    if (strikeBefore(context, strike, reply)) return reply;
    const key = headerOf(request, 'idempotency-key');
    const fingerprint = V2Keys.fingerprint(pathOf(request), v2Request.context, v2Request.body);
    const known = key === undefined ? undefined : context.v2Keys.begin(key, fingerprint);
    try {
      if (strike?.kind === 'latency') await sleep(strike.delayMs ?? defaultLatencyMs);
      const madeId =
        known?.madeId ?? (await executeOnce(context, endpoint, v2Request, { key, fingerprint, strike, reply }));
      if (strikeAfter(context, strike, reply)) return reply;
      // The work is done and known under its key: a repeat is told so.
      if (strike?.kind === 'error_500_after') throw serverError();
      if (known?.madeId !== undefined) {
        await context.store.durable();
        reply.header('idempotent-replayed', 'true').header('original-request', known.requestId);
      }
      return await reply.status(200).send(endpoint.present(madeId));
    } finally {
      if (key !== undefined) context.v2Keys.end(key);
    }
  };
}

interface Keyed {
  key: string | undefined;
  fingerprint: string;
  strike: Strike<RequestFaultKind> | undefined;
  reply: FastifyReply;
}

async function executeOnce(
  context: SandboxContext,
  endpoint: V2WriteEndpoint,
  request: V2Request,
  keyed: Keyed,
): Promise<string> {
  const bind = (madeId?: string): Change[] => (keyed.key === undefined ? [] : [keyChange(context, keyed, madeId)]);
  let executed: V2Executed;
  try {
    if (keyed.strike?.kind === 'refuse') throw refused('payout_method_disabled', 'The recipient cannot be paid now.');
    executed = endpoint.execute(request);
  } catch (error) {
    // The key stays bound to these parameters, with nothing made under it.
    if (error instanceof StripeV2Error) await context.store.commit(bind());
    throw error;
  }
  await context.store.commit([...executed.changes, ...bind(executed.id)]);
  for (const change of executed.changes) if (change.kind === 'event') context.webhooks.send(change.event);
  return executed.id;
}

function keyChange(context: SandboxContext, { key = '', fingerprint, reply }: Keyed, madeId?: string): Change {
  const createdAtMs = context.store.state.v2.keys.get(key)?.createdAtMs ?? context.clock.now().getTime();
  const entry: V2Key = { key, fingerprint, madeId, requestId: String(reply.getHeader('request-id')), createdAtMs };
  return { kind: 'v2_key', entry };
}

function requestOf(request: FastifyRequest): V2Request {
  const { body = {} } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidFields('The body must be JSON.');
  const context = headerOf(request, 'stripe-context') ?? '';
  const query = new URLSearchParams(request.url.split('?').slice(1).join('?'));
  return { body: body as Record<string, unknown>, query, id: idOf(request), context };
}

function strikeOf(
  context: SandboxContext,
  request: FastifyRequest,
  values: readonly string[],
): Strike<RequestFaultKind> | undefined {
  return context.faults.strikeRequest({ method: request.method, path: pathOf(request), values });
}

/** Every text in the body: in one of them an item may be named. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

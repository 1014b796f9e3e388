import { createHash, timingSafeEqual } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { SystemClock, type Clock } from '../../libs/kernel/clock.js';
import { accountRoutes } from './accounts.routes.js';
import { newStripeId, type SandboxContext } from './exchange.js';
import { Faults } from './faults.js';
import { FormParams } from './form-params.js';
import { HeldResponses } from './held-responses.js';
import { IdempotencyKeys } from './idempotency.js';
import { apiVersion } from './presenter.js';
import { balanceRoutes, sandboxRoutes } from './sandbox.routes.js';
import { refuseProduction, type SandboxSettings } from './settings.js';
import { SandboxStore } from './store.js';
import { invalidRequest, serverError, StripeApiError } from './stripe-error.js';
import { transferRoutes } from './transfers.routes.js';
import { outboundPaymentRoutes, resumePosting } from './v2/outbound-payments.routes.js';
import { V2Keys } from './v2/keys.js';
import { recipientRoutes } from './v2/recipients.routes.js';
import { WebhookSender } from './webhooks.js';

export interface SandboxOptions extends SandboxSettings {
  clock?: Clock;
  /** What the platform has to send, per currency, in Stripe's smallest unit; ten billion dollars where left out. */
  openingBalance?: bigint;
  /** Milliseconds after which an outbound payment is posted; never by itself where left out. */
  postAfterMs?: number;
}

export interface Sandbox {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** Ends what is under way, then closes the state file. */
  close(): Promise<void>;
}

const defaultOpeningBalance = 1_000_000_000_000n;

/** Starts a server that speaks the part of Stripe's API which payouts need. @throws Error in production */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  refuseProduction(process.env['NODE_ENV']);
  const context = contextOf(options);
  // Listening comes first: of two processes with the same settings, the second must not touch the first one's file.
  const listening = new EventEmitter();
  const opened = once(listening, 'listening').then(() => openState(context, options.stateFile));
  const app = serverOf(context, options.apiKey, opened);
  const url = await app.listen({ host: options.host, port: options.port });
  listening.emit('listening');
  const close = async () => {
    context.held.close();
    await app.close();
    await context.webhooks.close();
    await context.store.close();
  };
  await opened.catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { url, close };
}

function contextOf(options: SandboxOptions): SandboxContext {
  const clock = options.clock ?? new SystemClock();
  const store = new SandboxStore();
  const faults = new Faults();
  return {
    store,
    faults,
    keys: new IdempotencyKeys(store.state, clock),
    v2Keys: new V2Keys(store.state.v2, clock),
    held: new HeldResponses(),
    webhooks: new WebhookSender(store, faults, clock, { url: options.webhookUrl, secret: options.webhookSecret }),
    clock,
    openingBalance: options.openingBalance ?? defaultOpeningBalance,
    postAfterMs: options.postAfterMs,
  };
}

async function openState(context: SandboxContext, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await context.store.open(path, () => {
    context.keys.forgetExpired();
    context.v2Keys.forgetExpired();
  });
  context.webhooks.resume();
  resumePosting(context);
}

function serverOf(context: SandboxContext, apiKey: string, opened: Promise<void>): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: 'idle' });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, new FormParams(String(body)));
    } catch (error) {
      done(error instanceof Error ? error : serverError());
    }
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('request-id', newStripeId('req')).header('stripe-version', apiVersion);
    await opened;
    if (/^\/v[12]\//.test(request.url)) authenticate(request, apiKey);
  });
  app.setErrorHandler((error, _request, reply) => {
    const answer = asStripeError(error);
    const { retryAfterSeconds } = answer.details;
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
    return reply.status(answer.status).send(answer.envelope());
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.status(404).send(new StripeApiError(404, 'invalid_request_error', 'Unrecognized request URL.').envelope()),
  );
  accountRoutes(app, context);
  transferRoutes(app, context);
  recipientRoutes(app, context);
  outboundPaymentRoutes(app, context);
  balanceRoutes(app, context);
  sandboxRoutes(app, context);
  return app;
}

/** Accepts the key as a bearer token or as the user of basic authentication, as Stripe does. */
function authenticate(request: FastifyRequest, apiKey: string): void {
  const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
  const isBasic = scheme.toLowerCase() === 'basic';
  const shown = isBasic ? (Buffer.from(credentials, 'base64').toString().split(':', 1)[0] ?? '') : credentials;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if ((isBasic || scheme.toLowerCase() === 'bearer') && timingSafeEqual(digest(shown), digest(apiKey))) return;
  throw new StripeApiError(401, 'invalid_request_error', 'Invalid API Key provided.');
}

function asStripeError(error: unknown): StripeApiError {
  if (error instanceof StripeApiError) return error;
  // Fastify's own errors of a request (too large, wrong content type, broken JSON) carry a 4xx.
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 500 ? invalidRequest('The request cannot be read.') : serverError();
}

import Stripe from 'stripe';
import { sha256 } from '../../kernel/sha256.js';
import { classifyRailAnswer, type RailAnswer } from '../domain/rail-failures.js';

export interface StripeRailOptions {
  apiKey: string;
  /** The signing secret of the webhook endpoint (`whsec_…`). */
  webhookSecret: string;
  /** Where a sandbox listens, such as `http://127.0.0.1:4010`; Stripe itself where left out. */
  apiBase?: string;
  /** How long a call may stay without an answer, 100 to 120,000; 10,000 where left out. */
  timeoutMs?: number;
}

/** Our keys in the metadata of whatever moves money. */
export const metadataKeys = { item: 'pactline_item', attempt: 'pactline_attempt', batch: 'pactline_batch' } as const;

/** The attempt that travelled with the money; undefined on what was not made by us. */
export function attemptOf(metadata: Readonly<Record<string, string>>): number | undefined {
  const attempt = metadata[metadataKeys.attempt];
  return attempt !== undefined && /^[1-9]\d{0,8}$/.test(attempt) ? Number(attempt) : undefined;
}

/**
 * The SDK's client for a rail.
 *
 * @throws RangeError for options that cannot work, and for a live key that would go anywhere but to Stripe
 */
export function stripeClientOf(options: StripeRailOptions): { stripe: Stripe; isLive: boolean; timeoutMs: number } {
  const timeoutMs = options.timeoutMs ?? 10_000;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 100 || timeoutMs > 120_000) {
    throw new RangeError('the rail time-out must be 100 to 120,000 ms');
  }
  // Only test keys say of themselves that they are; every other one is taken for live.
  const isLive = !/^(sk|rk)_test_/.test(options.apiKey);
  if (isLive && options.apiBase !== undefined) {
    throw new RangeError('a live Stripe key is never sent to a sandbox: leave the address out or use a test key');
  }
  // The SDK still resends once on a reset connection, with the same key (RequestSender._shouldRetry).
  const stripe = new Stripe(options.apiKey, {
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
    ...(options.apiBase === undefined ? {} : addressOf(options.apiBase)),
  });
  return { stripe, isLive, timeoutMs };
}

/** One name per secret key, which tells nothing of it: Stripe counts the calls of an account, whatever they are for. */
export function limitedAccountOf({ apiKey }: StripeRailOptions): string {
  return `stripe/${sha256(apiKey).slice(0, 16)}`;
}

/** Runs a call of the SDK; what it throws becomes a failure of the port, without the SDK's error or its texts. */
export async function callStripe<T>(action: string, effect: 'read' | 'write', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyRailAnswer(action, effect, answerOf(error));
  }
}

function addressOf(apiBase: string): { host: string; port: number; protocol: 'http' | 'https' } {
  const url = URL.canParse(apiBase) ? new URL(apiBase) : undefined;
  const isHttp = url?.protocol === 'http:';
  if (!url || (!isHttp && url.protocol !== 'https:') || url.pathname !== '/' || url.search || url.username) {
    throw new RangeError('the address of the rail must be http(s)://host[:port] and nothing more');
  }
  const port = url.port === '' ? (isHttp ? 80 : 443) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, protocol: isHttp ? 'http' : 'https' };
}

function answerOf(error: unknown): RailAnswer {
  if (!(error instanceof Stripe.errors.StripeError)) {
    return { status: undefined, rawType: undefined, code: undefined, retryAfterMs: undefined, requestId: undefined };
  }
  return {
    status: error.statusCode,
    rawType: error.rawType,
    code: error.code,
    retryAfterMs: retryAfterMs(error.headers?.['retry-after']),
    requestId: error.requestId,
  };
}

/** The header as milliseconds; only its form in seconds is in use. */
function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Number(header) * 1000 : undefined;
}

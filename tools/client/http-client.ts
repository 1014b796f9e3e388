import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from './problem.js';

/** A request as callers state it. */
export interface ApiRequest {
  method: 'GET' | 'POST';
  /** From the root of the server: `/v1/programs`, with its query. */
  path: string;
  /** The bearer token; a public request has none. */
  token?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Makes a POST repeatable: without it a POST whose answer was lost is not sent again. */
  idempotencyKey?: string | undefined;
}

export interface ApiAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

export interface HttpClientOptions {
  /** How long one request is repeated while the server is away, in milliseconds. */
  patienceMs?: number;
  /** How long one attempt may take, in milliseconds. */
  attemptTimeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/** The server could not be reached, or did not recover, for as long as the client was told to wait. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway';
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;
/** Answers that say: the same request may succeed later. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Calls one server over HTTP, with connections kept open. A request that may be repeated (a GET, or a POST with an
 * idempotency key) is sent again, with the same key, while the server is away or asks to wait, so that a restart of the
 * server costs time and nothing else.
 */
export class HttpClient {
  private readonly patienceMs: number;
  private readonly attemptTimeoutMs: number;
  private readonly signal: AbortSignal | undefined;

  constructor(
    readonly baseUrl: string,
    { patienceMs = 120_000, attemptTimeoutMs = 90_000, signal }: HttpClientOptions = {},
  ) {
    this.patienceMs = patienceMs;
    this.attemptTimeoutMs = attemptTimeoutMs;
    this.signal = signal;
    // Many requests at once listen to it; that is no leak.
    if (signal) setMaxListeners(0, signal);
  }

  /** The answer's JSON. @throws ApiProblem, ServerAway */
  async json<Result>(request: ApiRequest): Promise<Result> {
    const { bytes } = await this.send(request);
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Result;
  }

  /** The answer as bytes, such as a PDF. @throws ApiProblem, ServerAway */
  async bytes(request: ApiRequest): Promise<Uint8Array> {
    return (await this.send(request)).bytes;
  }

  /**
   * The JSON of the end of long work: while the server answers 202, the work goes on, and the same request, sent again
   * with the same key, waits for it again.
   *
   * @throws ApiProblem, ServerAway (also where the work takes longer than the client's patience)
   */
  async finished<Result>(request: ApiRequest & { method: 'POST'; idempotencyKey: string }): Promise<Result> {
    const end = Date.now() + this.patienceMs;
    for (;;) {
      const { status, bytes } = await this.send(request);
      if (status !== 202) return JSON.parse(Buffer.from(bytes).toString('utf8')) as Result;
      if (Date.now() > end) throw new ServerAway(`${nameOf(request)} was still at work after ${this.patienceMs} ms.`);
      await this.pause(longestPauseMs / 4);
    }
  }

  /** The successful answer. @throws ApiProblem, ServerAway */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    const isRepeatable = request.method === 'GET' || request.idempotencyKey !== undefined;
    const end = Date.now() + this.patienceMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const answer = await this.attempt(request);
      const isPassing = answer instanceof Error || isPassingAnswer(answer);
      if (!isPassing && answer.status < 400) return answer;
      const failure = answer instanceof Error ? answer : problemIn(request, answer);
      if (!isPassing) throw failure;
      if (!isRepeatable || Date.now() + pauseMs > end) throw asServerAway(request, failure);
      await this.pause(answer instanceof Error ? pauseMs : Math.max(pauseMs, retryAfterMs(answer)));
    }
  }

  private async attempt(request: ApiRequest): Promise<ApiAnswer | Error> {
    this.signal?.throwIfAborted();
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, this.attemptTimeoutMs);
    this.signal?.addEventListener('abort', end, { once: true });
    try {
      const { method } = request;
      const init = { method, headers: headersOf(request), body: bodyOf(request), signal: ending.signal };
      const response = await fetch(`${this.baseUrl}${request.path}`, init);
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, bytes };
    } catch (error) {
      this.signal?.throwIfAborted();
      // Whatever fetch throws (refused, reset, timed out) says that no complete answer came.
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
      this.signal?.removeEventListener('abort', end);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, this.signal && { signal: this.signal });
  }
}

function headersOf({ token, body, idempotencyKey }: ApiRequest): Record<string, string> {
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
}

function bodyOf({ body }: ApiRequest): string | null {
  return body === undefined ? null : JSON.stringify(body);
}

function isPassingAnswer(answer: ApiAnswer): boolean {
  if (passing.has(answer.status)) return true;
  return answer.status === 409 && textOf(answer).includes('"request-in-progress"');
}

/** What a server that is busy asks for, in milliseconds; at most the longest pause. */
function retryAfterMs({ headers }: ApiAnswer): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, longestPauseMs) : 0;
}

function problemIn(request: ApiRequest, answer: ApiAnswer): ApiProblem {
  return ApiProblem.of(nameOf(request), answer.status, textOf(answer));
}

function asServerAway(request: ApiRequest, cause: Error): Error {
  if (cause instanceof ApiProblem) return cause;
  const inner = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return new ServerAway(`${nameOf(request)} got no answer (${cause.message}${inner}).`, { cause });
}

/** The request for a message; a link in its path (signing, verification) is a secret, and so is everything in its query. */
function nameOf({ method, path }: ApiRequest): string {
  const withoutQuery = path.split('?', 1)[0] ?? '';
  return `${method} ${withoutQuery.replace(/^(\/v1\/(?:signing|verification)\/)[^/]+/, '$1…')}`;
}

function textOf({ bytes }: ApiAnswer): string {
  return Buffer.from(bytes).toString('utf8');
}

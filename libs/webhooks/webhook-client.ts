import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Settings } from '../platform/index.js';
import { excerptOf, retryAfterMs } from './domain/index.js';
import { hostOf, TargetPolicy, TargetRefused } from './target-policy.js';

/** How one attempt ended. It succeeded exactly where `code` is absent. */
export interface AttemptResult {
  /** Of the answer, where there was one. */
  status?: number;
  /**
   * Why it failed: `bad-status`, `gone`, `redirect-refused`, `timeout`, `target-refused`, `unresolvable`,
   * `connection-refused`, `connection-reset`, `tls-failed`, `network-error`.
   */
  code?: string;
  durationMs: number;
  /** The beginning of a failure's body. */
  excerpt?: string;
  /** What the receiver's `Retry-After` asks for; 0 where it asks for nothing. */
  retryAfterMs: number;
}

interface Answer {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

const maxBodyBytes = 16_384;
/** How long a body may take once its status is known: the status has decided by then. */
const bodyTimeoutMs = 2_000;

/** Posts to receivers. Follows no redirect, waits no longer than it must, and reads no more than it needs. */
@Injectable()
export class WebhookClient implements OnApplicationShutdown {
  private readonly agents = {
    'http:': new http.Agent({ keepAlive: true, maxFreeSockets: 4 }),
    'https:': new https.Agent({ keepAlive: true, maxFreeSockets: 4 }),
  };

  constructor(
    private readonly policy: TargetPolicy,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Closes the connections that were kept for the next delivery. */
  onApplicationShutdown(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  /** Never throws for anything that the receiver does. */
  async post(address: string, headers: Readonly<Record<string, string>>, body: string): Promise<AttemptResult> {
    const startedAt = this.clock.now();
    const passedMs = () => Math.max(0, this.clock.now().getTime() - startedAt.getTime());
    try {
      const answer = await this.answer(new URL(address), headers, body);
      const code = codeOfStatus(answer.status);
      return {
        status: answer.status,
        durationMs: passedMs(),
        retryAfterMs: retryAfterMs(answer.retryAfter, this.clock.now()),
        ...(code !== undefined && { code, ...withExcerpt(answer.body) }),
      };
    } catch (error) {
      return { code: codeOfError(error), durationMs: passedMs(), retryAfterMs: 0 };
    }
  }

  private async answer(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
    const host = hostOf(url);
    // An address needs no lookup, so that none would refuse it.
    if (isIP(host) !== 0 && !this.policy.allows(host)) throw new TargetRefused('the address is not public');
    const signal = AbortSignal.timeout(this.settings.env.WEBHOOK_TIMEOUT_MS);
    try {
      return await this.send(url, headers, body, signal);
    } catch (error) {
      // A kept connection that the receiver closed just then says nothing about the receiver: the next one is new.
      if (error instanceof StaleConnection && !signal.aborted) return this.send(url, headers, body, signal);
      throw error;
    }
  }

  private send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const protocol = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const request = protocol.request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: this.agents[url.protocol === 'https:' ? 'https:' : 'http:'],
        lookup: this.policy.lookup,
        signal,
      });
      request.on('response', (response) => {
        readBody(response).then(
          (text) =>
            resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body: text }),
          reject,
        );
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted;
        reject(isStale ? new StaleConnection() : error);
      });
      request.end(body);
    });
  }
}

class StaleConnection extends Error {
  override readonly name = 'StaleConnection';
  readonly code = 'ECONNRESET';
}

/** The first bytes of a body as text; whatever comes later or too late is not waited for. */
function readBody(response: http.IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8'));
    };
    const timer = setTimeout(() => {
      response.destroy();
      finish();
    }, bodyTimeoutMs);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBodyBytes) response.destroy();
    });
    response.on('error', () => undefined);
    response.on('close', finish);
  });
}

function withExcerpt(body: string): { excerpt?: string } {
  const excerpt = excerptOf(body);
  return excerpt === undefined ? {} : { excerpt };
}

function codeOfStatus(status: number): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) return 'redirect-refused';
  return status === 410 ? 'gone' : 'bad-status';
}

const codes: Readonly<Record<string, string>> = {
  'target-refused': 'target-refused',
  ENOTFOUND: 'unresolvable',
  EAI_AGAIN: 'unresolvable',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  EPIPE: 'connection-reset',
  ETIMEDOUT: 'timeout',
};

/** One word for what went wrong: texts of errors name hosts and addresses. */
function codeOfError(error: unknown): string {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    name?: string;
  };
  if (name === 'AbortError' || name === 'TimeoutError') return 'timeout';
  const text = typeof code === 'string' ? code : '';
  if (/CERT|SSL|TLS|SIGNATURE|EPROTO/.test(text)) return 'tls-failed';
  return codes[text] ?? 'network-error';
}

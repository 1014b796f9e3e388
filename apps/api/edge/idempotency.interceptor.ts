import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { canonicalJson } from '../../../libs/kernel/canonical-json.js';
import { sha256 } from '../../../libs/kernel/sha256.js';
import { requestOf, type ApiRequest } from './api-request.js';
import { IdempotencyStore, type Lease, type StoredAnswer } from './idempotency-store.js';
import { answerTo } from './problem.js';
import { idempotencyKey, keyOwner, routeKey } from './request-key.js';
import { StillRunning } from './still-running.js';

/** Headers that belong to the answer itself and are given again with it. */
const keptHeaders = ['content-type', 'location', 'etag'];
/** The request would be answered the same without memory (400), or may be answered otherwise next time. */
const unkept = new Set([400, 401, 408, 429]);

/**
 * `Idempotency-Key` on every POST: the same key and body get the stored answer, byte for byte; the same key with another
 * body 422; a key whose first request is still at work 409. After an outage, a defect or the death of a process the same
 * request goes on under the id of its first attempt, which may have been carried out.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Idempotency');

  constructor(private readonly store: IdempotencyStore) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    const key = request.method === 'POST' ? idempotencyKey(request) : undefined;
    if (key === undefined) return next.handle();
    return from(this.answer(request, context.switchToHttp().getResponse<FastifyReply>(), key, next));
  }

  private async answer(request: ApiRequest, reply: FastifyReply, key: string, next: CallHandler): Promise<unknown> {
    const keyed = { principal: keyOwner(request), route: routeKey(request), key, bodyHash: bodyHash(request) };
    const begun = await this.store.begin(keyed, request.id);
    if ('answer' in begun) {
      const { status, headers, body } = begun.answer;
      void reply.status(status).headers({ ...headers, 'idempotent-replayed': 'true' });
      return body === '' ? undefined : body;
    }
    // A repeat of one that was lost is the same request: services know by its id what it did already.
    request.id = begun.lease.requestId;
    void reply.header('x-request-id', request.id);
    const work = new LeasedWork(this.store, begun.lease, (error) => this.told(error));
    try {
      const value: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      return await this.keepSuccess(work, reply, value);
    } catch (error) {
      await this.keepFailure(work, error, request.id);
      throw error;
    } finally {
      work.stop();
    }
  }

  private async keepSuccess(work: LeasedWork, reply: FastifyReply, value: unknown): Promise<unknown> {
    // A page is for a person's browser, which sends no key.
    const isPage = String(reply.getHeader('content-type') ?? '').startsWith('text/html');
    const isJson = !isPage && (value === undefined || value === null || isPlain(value));
    if (!isJson) {
      await work.release();
      return value;
    }
    const body = value === undefined ? '' : JSON.stringify(value);
    if (body !== '') void reply.header('content-type', 'application/json; charset=utf-8');
    await work.finish({ status: reply.statusCode, headers: kept(reply), body });
    return body === '' ? undefined : body;
  }

  private async keepFailure(work: LeasedWork, error: unknown, requestId: string): Promise<void> {
    const { problem, headers } = answerTo(error, requestId);
    if (unkept.has(problem.status)) return work.release();
    const isOpen = error instanceof StillRunning || problem.status >= 500 || problem.code === 'request-in-progress';
    if (isOpen) return work.pause();
    const contentType = { 'content-type': 'application/problem+json; charset=utf-8' };
    return work.finish({
      status: problem.status,
      headers: { ...headers, ...contentType },
      body: JSON.stringify(problem),
    });
  }

  private told(error: unknown): void {
    this.logger.warn(`an answer could not be kept: ${error instanceof Error ? error.name : 'unknown'}`);
  }
}

/** Work under a lease that is renewed while it lasts. That its end can't be written down doesn't undo what was done. */
class LeasedWork {
  private readonly renewal: NodeJS.Timeout;
  private renewing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: IdempotencyStore,
    private lease: Lease,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.renewal = setInterval(() => {
      this.renewing = this.renew();
    }, this.store.renewalIntervalMs).unref();
  }

  stop(): void {
    clearInterval(this.renewal);
  }

  async finish(answer: StoredAnswer): Promise<void> {
    await this.end(() => this.store.finish(this.lease, answer));
  }

  async release(): Promise<void> {
    await this.end(() => this.store.release(this.lease));
  }

  async pause(): Promise<void> {
    await this.end(() => this.store.pause(this.lease));
  }

  private async end(write: () => Promise<void>): Promise<void> {
    this.stop();
    await this.renewing;
    await write().catch(this.onFailure);
  }

  private async renew(): Promise<void> {
    try {
      this.lease = await this.store.renew(this.lease);
    } catch (error) {
      this.onFailure(error);
    }
  }
}

/** The same for every order of fields and way to write a number, so that a client may serialise anew. */
function bodyHash(request: ApiRequest): string {
  // A file is what its bytes are.
  if (Buffer.isBuffer(request.body)) return sha256(request.body);
  return sha256(request.body === undefined ? '' : canonicalJson(request.body));
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function kept(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}

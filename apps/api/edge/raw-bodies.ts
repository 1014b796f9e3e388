import type { Readable } from 'node:stream';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { from, mergeMap, type Observable } from 'rxjs';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { requestOf } from './api-request.js';

/** A file of at most so many bytes, in place of JSON. */
export interface FileBody {
  maxBytes: number;
  /** Where set, JSON is taken too: a file counts as a body with its base64 in the field of this name. */
  asField?: string;
}

/** What an endpoint takes beside JSON: the fields of a web page's form, or a file. */
export type RawBody = 'form' | FileBody;

export const rawBodyKey = 'pactline:raw-body';
/** Types that a file may come as; what it is, its bytes say. */
export const fileTypes = ['application/octet-stream', 'application/pdf', 'image/png', 'image/jpeg'];
export const formType = 'application/x-www-form-urlencoded';
const maxFormBytes = 65_536;

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Lets the endpoints that say so take forms and files; all others answer 415 to them. A file is not read here: it waits
 * in its stream until the guards have let the caller through.
 */
export function acceptRawBodies(fastify: FastifyInstance): void {
  const takes = (request: FastifyRequest): RawBody | undefined =>
    (request.routeOptions.config as { takes?: RawBody }).takes;
  const refused = (): DomainError =>
    new DomainError('unsupported-media-type', 'this address does not take such a body');
  fastify.addContentTypeParser(fileTypes, (request: FastifyRequest, payload: Readable, done: Done) => {
    if (typeof takes(request) === 'object') return done(null, payload);
    payload.resume();
    return done(refused());
  });
  fastify.addContentTypeParser(
    formType,
    { parseAs: 'string', bodyLimit: maxFormBytes },
    (request: FastifyRequest, text: string, done: Done) => {
      if (takes(request) !== 'form') return done(refused());
      if (/%00|\0/.test(text)) return done(new DomainError('malformed-request', 'the form holds a NUL'));
      return done(null, Object.fromEntries(new URLSearchParams(text)));
    },
  );
}

/** Reads a file that an endpoint takes, after the guards and before its idempotency key is looked at. */
@Injectable()
export class FileInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const takes = this.reflector.get<RawBody | undefined>(rawBodyKey, context.getHandler());
    if (typeof takes !== 'object') return next.handle();
    return from(readFile(context, takes)).pipe(mergeMap(() => next.handle()));
  }
}

/** The body of a request becomes its bytes. @throws DomainError `payload-too-large`, `unsupported-media-type` */
async function readFile(context: ExecutionContext, { maxBytes, asField }: FileBody): Promise<void> {
  const request = requestOf(context);
  const stream = request.body as Readable | undefined;
  if (typeof stream?.pipe !== 'function') {
    if (asField !== undefined) return;
    throw new DomainError('unsupported-media-type', `a file is sent as ${fileTypes.join(', ')}`);
  }
  const tooLarge = (): DomainError => {
    // What still comes is thrown away and not kept.
    stream.resume();
    return new DomainError('payload-too-large', `a file has at most ${maxBytes} bytes`);
  };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      stream.removeAllListeners('data');
      return reject(tooLarge());
    });
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.once('error', () => reject(new DomainError('malformed-request', 'the body ended early')));
  });
  request.body = asField === undefined ? bytes : { [asField]: bytes.toString('base64') };
}

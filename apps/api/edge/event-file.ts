import { createParamDecorator, UnsupportedMediaTypeException, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { requestOf } from './api-request.js';

type Done = (error: Error | null, body?: unknown) => void;

/** The most bytes of a file of events that one request brings. */
export const maxEventFileBytes = 16 * 1_048_576;
export const eventFileType = 'application/x-ndjson';

/** The only addresses that take such a file: everywhere else it is a content type that is not supported. */
const takesEventFiles = /\/simulation-file$/;

/** Takes files of events (one JSON value a line) where an endpoint is for them, as bytes. */
export function acceptEventFiles(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(
    eventFileType,
    { parseAs: 'buffer', bodyLimit: maxEventFileBytes },
    (request: FastifyRequest, bytes: Buffer, done: Done) => {
      if (takesEventFiles.test(request.routeOptions.url ?? '')) return done(null, bytes);
      return done(new UnsupportedMediaTypeException());
    },
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The bytes of the file that was sent. @throws DomainError `malformed-request` without one, and for bytes that aren't UTF-8 */
export const EventFile = createParamDecorator((_data: unknown, context: ExecutionContext): Buffer => {
  const { body } = requestOf(context);
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new DomainError('malformed-request', `a file of events is needed, as ${eventFileType}`);
  }
  try {
    utf8.decode(body);
  } catch {
    throw new DomainError('malformed-request', 'the file is not UTF-8');
  }
  return body;
});

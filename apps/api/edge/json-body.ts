import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError, type FieldError } from '../../../libs/kernel/domain-error.js';
import type { ApiRequest } from './api-request.js';

type Done = (error: Error | null, body?: unknown) => void;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Escapes of what PostgreSQL and UTF-8 cannot hold: NUL and halves of surrogate pairs. */
const suspicious = /\\u(0000|[dD][89a-fA-F])/;

/**
 * Takes JSON alone, keeps its bytes as `rawBody`, and refuses what could not be stored unchanged: bytes that aren't
 * UTF-8, NUL characters and lone surrogates. An empty body counts as none.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request: FastifyRequest, bytes: Buffer, done: Done) => {
      (request as ApiRequest).rawBody = bytes;
      if (bytes.length === 0) return done(null, undefined);
      let text: string;
      try {
        text = utf8.decode(bytes);
      } catch {
        return done(malformed('the body is not UTF-8'));
      }
      void parseJson(request, text, (error: Error | null, value: unknown) => {
        if (error) return done(malformed('the body is not valid JSON'));
        const errors = suspicious.test(text) ? [...unstorable(value, '')] : [];
        if (errors.length > 0) return done(malformed('the body holds characters that cannot be stored', errors));
        return done(null, value);
      });
    },
  );
}

/** Refuses NUL characters in the path and the query, where `%00` brings them. */
export function refuseNulInUrl(request: FastifyRequest): void {
  for (const [name, value] of [...Object.entries(request.params ?? {}), ...Object.entries(request.query ?? {})]) {
    if (!`${name}${String(value)}`.includes('\0')) continue;
    throw malformed('the address holds characters that cannot be stored', [
      { pointer: pointerTo([name]), message: 'must not contain NUL' },
    ]);
  }
}

/** An RFC 6901 JSON pointer. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function* unstorable(value: unknown, pointer: string): Generator<FieldError> {
  if (typeof value === 'string') {
    const message = fault(value);
    if (message) yield { pointer, message };
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const message = fault(key);
      // A name that is itself at fault is told at its object: a pointer to it could not be written.
      if (message) yield { pointer, message: `a field name ${message}` };
      else yield* unstorable(item, pointer + pointerTo([key]));
    }
  }
}

function fault(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain NUL';
  return /\p{Cs}/u.test(text) ? 'must not contain half of a surrogate pair' : undefined;
}

function malformed(detail: string, errors: FieldError[] = []): DomainError {
  return new DomainError('malformed-request', detail, errors);
}

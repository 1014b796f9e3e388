import { randomUUID } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { sha256 } from '../../../libs/kernel/sha256.js';
import { pathOf, requestOf, type ApiRequest } from './api-request.js';

export const idempotencyHeader = 'idempotency-key';
/** 1 to 255 printable ASCII characters. */
const keyForm = /^[\x20-\x7e]{1,255}$/;

/** Who a key belongs to: two principals never share one. */
export function keyOwner(request: ApiRequest): string {
  return request.principal?.id ?? 'public';
}

/** The method and the address with its ids, hashed: an address may hold a signing token. */
export function routeKey(request: ApiRequest): string {
  return `${request.method} ${sha256(pathOf(request))}`;
}

/**
 * The caller's idempotency key, undefined without one.
 * @throws DomainError `malformed-request` for one that isn't 1 to 255 printable ASCII characters
 */
export function idempotencyKey(request: ApiRequest): string | undefined {
  const key = request.headers[idempotencyHeader];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && keyForm.test(key)) return key;
  throw new DomainError('malformed-request', 'Idempotency-Key must be 1 to 255 printable ASCII characters');
}

function requestHash(context: ExecutionContext): string | undefined {
  const request = requestOf(context);
  const key = idempotencyKey(request);
  return key === undefined ? undefined : sha256(`${keyOwner(request)}\n${routeKey(request)}\n${key}`);
}

/**
 * The id of a Temporal update: the same for the same principal, address and idempotency key, so that a repeat finds the
 * first one's outcome; random without a key.
 */
export const UpdateId = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string => requestHash(context) ?? randomUUID(),
);

/**
 * What a created row remembers of the request that made it (`applications.request_key`), so that a repeat never makes
 * two even when the stored answer was lost; undefined without an idempotency key.
 */
export const RequestKey = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined =>
  requestHash(context),
);

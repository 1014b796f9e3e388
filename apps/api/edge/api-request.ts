import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../../libs/identity/index.js';

/** A request as the edge has prepared it. */
export interface ApiRequest extends FastifyRequest {
  /** Set by the guard; absent on public endpoints. */
  principal?: Principal;
  /** The bytes of the JSON body as they came, for signatures over them. */
  rawBody?: Buffer;
}

/** The request of an execution context. */
export function requestOf(context: ExecutionContext): ApiRequest {
  return context.switchToHttp().getRequest<ApiRequest>();
}

/** The path without the query, as the caller wrote it. It may hold a signing token: never log or store it. */
export function pathOf(request: ApiRequest): string {
  return request.url.split('?', 1)[0]!;
}

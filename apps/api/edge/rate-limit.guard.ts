import { createHmac } from 'node:crypto';
import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  getOptionsToken,
  getStorageToken,
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import ipaddr from 'ipaddr.js';
import type { Environment } from '../../../libs/config/index.js';
import { emailKey } from '../../../libs/partners/index.js';
import { Settings } from '../../../libs/platform/index.js';
import { requestOf, type ApiRequest } from './api-request.js';
import { RateLimited } from './rate-limited.js';

/** The limits: per network address, and per mail address or link. */
export function rateLimits(env: Environment): Exclude<ThrottlerModuleOptions, unknown[]> {
  return {
    setHeaders: false,
    throttlers: [
      {
        name: 'address',
        ttl: env.RATE_LIMIT_ADDRESS_WINDOW_SECONDS * 1_000,
        limit: env.RATE_LIMIT_PER_ADDRESS,
        // A rehearsal plays a year of applications from one address.
        skipIf: () => env.REHEARSAL,
        getTracker: (request) => networkOf((request as ApiRequest).ip),
      },
      {
        name: 'email',
        ttl: env.RATE_LIMIT_EMAIL_WINDOW_SECONDS * 1_000,
        limit: env.RATE_LIMIT_PER_EMAIL,
        skipIf: (context) => env.REHEARSAL || subjectOf(requestOf(context)) === undefined,
        getTracker: (request) => subjectOf(request as ApiRequest) ?? '',
      },
    ],
  };
}

/**
 * Stands before endpoints that anybody may call and that write or send mail: answers 429 with `Retry-After` to whoever comes
 * too often; counted in PostgreSQL, for all API processes together.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  private readonly secret: string;

  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    reflector: Reflector,
    settings: Settings,
  ) {
    super(options, storage, reflector);
    this.secret = settings.env.LINK_SECRET;
  }

  /** Each endpoint counts apart. Keyed, so that the table gives no address away. */
  protected override generateKey(context: ExecutionContext, tracker: string, limit: string): string {
    const endpoint = `${context.getClass().name}.${context.getHandler().name}`;
    return createHmac('sha256', this.secret).update(`rate-limit\n${limit}\n${endpoint}\n${tracker}`).digest('hex');
  }

  protected override throwThrottlingException(_context: ExecutionContext, use: ThrottlerLimitDetail): Promise<void> {
    return Promise.reject(new RateLimited(Math.max(1, use.timeToBlockExpire)));
  }
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one of its addresses has all of them. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}

/** Whose mail box or link a request is about: the mail address in its body, else the link or id in its path. */
function subjectOf(request: ApiRequest): string | undefined {
  const { email } = (request.body ?? {}) as { email?: unknown };
  if (typeof email === 'string' && email.includes('@')) return emailKey(email.trim().slice(0, 254));
  const { token, id } = request.params as { token?: string; id?: string };
  return token ?? (request.principal?.kind === 'link' ? id : undefined);
}

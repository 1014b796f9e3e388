import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { apiKeyPrefix, Authenticator, scopeOpens, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { keyInAddressKey, publicKey, rolesKey } from './access.js';
import { requestOf, type ApiRequest } from './api-request.js';

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** The scope that opens an endpoint to `service` keys: its resource, `.read` for GET and `.write` for all else. */
export function scopeOf(method: string, route: string): string {
  const resource = route.replace(/^\/v1\//, '/').split('/')[1] ?? '';
  return `${resource}.${isRead(method) ? 'read' : 'write'}`;
}

/** Lets a request through when its bearer token is valid (else 401) and has one of the endpoint's roles (else 403). */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handler = context.getHandler();
    if (this.reflector.get<boolean>(publicKey, handler)) return true;
    const wanted = this.reflector.get<Role[] | undefined>(rolesKey, handler) ?? [];
    const request = requestOf(context);
    const scope = scopeOf(request.method, request.routeOptions.url ?? '');
    const takesKey = this.reflector.get<boolean | undefined>(keyInAddressKey, handler) ?? false;
    request.principal = await this.authenticate(request, takesKey ? scope : undefined);
    if (isLetThrough(request.principal, wanted, scope)) return true;
    throw new DomainError('forbidden', `this needs one of the roles ${wanted.join(', ')}`);
  }

  /** `keyScope` is the scope of an endpoint that programs call which can send nothing but an address. */
  private authenticate(request: ApiRequest, keyScope: string | undefined): Promise<Principal> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const [, token] = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization) ?? [];
      if (token === undefined)
        throw new DomainError('unauthenticated', 'the Authorization header holds no bearer token');
      return this.authenticator.authenticate(token);
    }
    const { token } = request.query as { token?: unknown };
    if (isRead(request.method) && typeof token === 'string') {
      const isKey = keyScope !== undefined && token.startsWith(apiKeyPrefix);
      return isKey
        ? this.authenticator.authenticateKeyInAddress(token, keyScope)
        : this.authenticator.authenticateLink(token);
    }
    throw new DomainError('unauthenticated', 'a bearer token is needed');
  }
}

function isLetThrough(principal: Principal, wanted: readonly Role[], scope: string): boolean {
  return principal.roles.some((grant) => {
    if (!wanted.includes(grant.role)) return false;
    return grant.role !== 'service' || scopeOpens(grant.scope, scope);
  });
}

import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Principal, Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Actor } from '../../../libs/orchestration/actor.js';
import { requestOf } from './api-request.js';

export const rolesKey = 'pactline:roles';
export const publicKey = 'pactline:public';
export const keyInAddressKey = 'pactline:key-in-address';

/** Who may call the endpoint. A partner or applicant that may call it must still own what it asks for. */
export const Roles = (...roles: Role[]): MethodDecorator => SetMetadata(rolesKey, roles);

/** Anyone may call the endpoint, without a token. */
export const Public = (): MethodDecorator => SetMetadata(publicKey, true);

/** The calling `Principal`; only on endpoints with roles. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = requestOf(context);
  if (!principal) throw new DomainError('unauthenticated', 'a bearer token is needed');
  return principal;
});

/** The caller as decisions carry it into the audit: its id and the request's; `public` where nobody had to prove who. */
export const CallingActor = createParamDecorator((_data: unknown, context: ExecutionContext): Actor => {
  const { principal, id } = requestOf(context);
  return { actorId: principal?.id ?? 'public', requestId: id };
});

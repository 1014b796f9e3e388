import { Injectable, RequestMethod, type OnModuleInit } from '@nestjs/common';
import { INTERCEPTORS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { z } from 'zod';
import type { Role } from '../../../libs/identity/index.js';
import { publicKey, rolesKey } from './access.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { looseEnds } from './json-schema.js';
import { bodySchemaKey } from './validation.js';

type Handler = (...parameters: unknown[]) => unknown;

/**
 * Refuses to start an API with an endpoint that doesn't say who may call it, takes bodies without bounds, or writes and would do
 * it again when asked again.
 */
@Injectable()
export class EndpointCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const faults = this.discovery.getControllers().flatMap(({ metatype }) => {
      const prototype = (metatype as { prototype?: object } | null)?.prototype;
      return prototype ? this.faultsOf(metatype!.name, prototype) : [];
    });
    if (faults.length > 0) throw new Error(`endpoints are not declared as they must be:\n${faults.join('\n')}`);
  }

  private faultsOf(controller: string, prototype: object): string[] {
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = (prototype as Record<string, Handler>)[name];
      if (!handler || Reflect.getMetadata(PATH_METADATA, handler) === undefined) return [];
      const body = Reflect.getMetadata(bodySchemaKey, prototype, name) as z.ZodType | undefined;
      const faults = [...this.accessFaults(handler), ...repeatFaults(handler), ...(body ? looseEnds(body) : [])];
      return faults.map((fault) => `${controller}.${name}: ${fault}`);
    });
  }

  private accessFaults(handler: Handler): string[] {
    if (this.reflector.get<boolean>(publicKey, handler)) return [];
    const roles = this.reflector.get<Role[] | undefined>(rolesKey, handler) ?? [];
    if (roles.length === 0) return ['declares neither its roles nor that it is public'];
    const isForAuditor = roles.includes('auditor');
    const isForCompany = roles.some((role) => !['applicant', 'partner', 'service'].includes(role));
    if (isForAuditor && !isRead(handler)) return ['auditor writes nothing'];
    return isRead(handler) && isForCompany && !isForAuditor ? ['auditor reads everything: add it to the roles'] : [];
  }
}

/** `@Endpoint` brings what keeps a repeated request from being done twice. */
function repeatFaults(handler: Handler): string[] {
  const interceptors = (Reflect.getMetadata(INTERCEPTORS_METADATA, handler) ?? []) as unknown[];
  const isSafe = isRead(handler) || interceptors.includes(IdempotencyInterceptor);
  return isSafe ? [] : ['writes and is not an `@Endpoint`'];
}

function isRead(handler: Handler): boolean {
  return Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET;
}

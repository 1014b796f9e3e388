import { Controller, Delete, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import {
  ApiKeys,
  parseGrant,
  programsOf,
  requireProgram,
  type ApiKey,
  type Principal,
} from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/actor.js';
import { decodeCursor, pageFrom, type Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { apiKeyPage, apiKeysQuery, createdApiKey, newApiKeyBody } from './api-keys.dto.js';

const example = {
  id: 'key_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
  programId: '*',
  name: 'Shop',
  roles: ['service:events.write'],
  createdBy: 'usr_ada-admin',
  createdAt: '2026-03-01T09:00:00.000Z',
  expiresAt: '2026-12-31T00:00:00.000Z',
  revokedAt: null,
};

/** Keys of the company's machines: made, listed and revoked by an admin of the key's program. */
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeys) {}

  @Post()
  @Endpoint({
    summary: 'Make an API key',
    description: 'The secret is in this answer alone; only its hash is stored.',
    roles: ['admin'],
    status: 201,
    response: createdApiKey,
    bodyExample: { name: 'Shop', roles: ['service:events.write'], expiresAt: '2026-12-31T00:00:00Z' },
    example: { ...example, secret: 'pak_2Zc9…' },
    errors: ['not-found'],
  })
  create(
    @ZodBody(newApiKeyBody) body: z.infer<typeof newApiKeyBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<ApiKey & { secret: string }> {
    requireProgram(caller, body.programId, ['admin']);
    const grants = body.roles.map(parseGrant).filter((grant) => grant !== undefined);
    const { name, programId, expiresAt } = body;
    return this.apiKeys.create({ name, programId, grants, expiresAt: new Date(expiresAt) }, actor);
  }

  @Get()
  @Endpoint({
    summary: 'List API keys, newest first',
    roles: ['admin', 'auditor'],
    response: apiKeyPage,
    example: { items: [example], next: null },
    csv: ['id', 'programId', 'name', 'roles', 'createdBy', 'createdAt', 'expiresAt', 'revokedAt'],
  })
  async list(
    @ZodQuery(apiKeysQuery) query: z.infer<typeof apiKeysQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<ApiKey>> {
    const [after] = decodeCursor(query.cursor, 'id desc', ['text']);
    const keys = await this.apiKeys.list(programsOf(caller, ['admin', 'auditor']), query.limit + 1, after ?? undefined);
    return pageFrom(keys, query.limit, 'id desc', ({ id }) => [id]);
  }

  @Delete(':id')
  @Endpoint({ summary: 'Revoke an API key, at once and for good', roles: ['admin'], errors: ['not-found'] })
  revoke(@IdParam('id', 'key') id: string, @Caller() caller: Principal, @CallingActor() actor: Actor): Promise<void> {
    return this.apiKeys.revoke(id, caller, actor);
  }
}

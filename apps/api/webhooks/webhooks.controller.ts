import { Controller, Delete, Get, Patch, Post } from '@nestjs/common';
import type { z } from 'zod';
import { programsOf, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/actor.js';
import type { Page } from '../../../libs/platform/index.js';
import { WebhookEndpoints, type EndpointView } from '../../../libs/webhooks/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { endpointExample } from './examples.js';
import {
  newWebhookBody,
  rotationBody,
  webhookChanges,
  webhookPage,
  webhooksQuery,
  webhookView,
  webhookWithSecret,
} from './webhooks.dto.js';

const managers: readonly Role[] = ['admin'];
const readers: readonly Role[] = ['admin', 'auditor'];

/** Where events go: made and managed by admins of their program. */
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(private readonly endpoints: WebhookEndpoints) {}

  @Post()
  @Endpoint({
    summary: 'Make a webhook: events are posted to an address, signed (Standard Webhooks)',
    description:
      'The secret is in this answer alone. Addresses must be public ones, by https in production, unless the installation ' +
      'allows private ones (WEBHOOK_ALLOW_PRIVATE).',
    roles: managers,
    status: 201,
    response: webhookWithSecret,
    bodyExample: { url: 'https://hooks.company.example/pactline', eventTypes: ['application.*', 'envelope.executed'] },
    example: { ...endpointExample, secret: 'whsec_2Zc9…' },
    errors: ['not-found', 'invalid-document'],
  })
  create(
    @ZodBody(newWebhookBody) body: z.infer<typeof newWebhookBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<EndpointView & { secret: string }> {
    requireProgram(caller, body.programId, managers);
    return this.endpoints.create(body, actor);
  }

  @Get()
  @Endpoint({
    summary: 'List webhooks, newest first',
    roles: readers,
    response: webhookPage,
    example: { items: [endpointExample], next: null },
    errors: ['not-found'],
    csv: [
      'id',
      'programId',
      'url',
      'description',
      'eventTypes',
      'state',
      'disabledBecause',
      'failingSince',
      'createdAt',
    ],
  })
  list(
    @ZodQuery(webhooksQuery) { programId, ...page }: z.infer<typeof webhooksQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<EndpointView>> {
    if (programId !== undefined) requireProgram(caller, programId, readers);
    return this.endpoints.list(programId === undefined ? programsOf(caller, readers) : [programId], page);
  }

  @Get(':id')
  @Endpoint({ summary: 'Read a webhook', roles: readers, response: webhookView, errors: ['not-found'] })
  async get(@IdParam('id', 'whk') id: string, @Caller() caller: Principal): Promise<EndpointView> {
    return this.visible(id, caller, readers);
  }

  @Patch(':id')
  @Endpoint({
    summary: "Change a webhook's address, description or event types",
    description: 'What already waits to be delivered goes to the new address.',
    roles: managers,
    response: webhookView,
    bodyExample: { eventTypes: [] },
    errors: ['not-found', 'invalid-document'],
  })
  async change(
    @IdParam('id', 'whk') id: string,
    @ZodBody(webhookChanges) body: z.infer<typeof webhookChanges>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<EndpointView> {
    await this.visible(id, caller, managers);
    return this.endpoints.change(id, body, actor);
  }

  @Post(':id/enable')
  @Endpoint({
    summary: 'Switch a webhook on; what waited for it goes out at once',
    roles: managers,
    response: webhookView,
    errors: ['not-found', 'illegal-transition'],
  })
  async enable(
    @IdParam('id', 'whk') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<EndpointView> {
    await this.visible(id, caller, managers);
    return this.endpoints.enable(id, actor);
  }

  @Post(':id/disable')
  @Endpoint({
    summary: 'Switch a webhook off; events of that time can be replayed later',
    roles: managers,
    response: webhookView,
    errors: ['not-found', 'illegal-transition'],
  })
  async disable(
    @IdParam('id', 'whk') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<EndpointView> {
    await this.visible(id, caller, managers);
    return this.endpoints.disable(id, actor);
  }

  @Post(':id/secret')
  @Endpoint({
    summary: 'Rotate the secret',
    description:
      'The new secret is in this answer alone. During the overlap deliveries carry a signature by either secret, so that ' +
      'the receiver may change over whenever it likes.',
    roles: managers,
    status: 201,
    response: webhookWithSecret,
    bodyExample: { overlapHours: 24 },
    example: { ...endpointExample, previousSecretUntil: '2026-03-02T09:00:00.000Z', secret: 'whsec_8Kd1…' },
    errors: ['not-found'],
  })
  async rotate(
    @IdParam('id', 'whk') id: string,
    @ZodBody(rotationBody) { overlapHours }: z.infer<typeof rotationBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<EndpointView & { secret: string }> {
    await this.visible(id, caller, managers);
    return this.endpoints.rotate(id, overlapHours * 3_600_000, actor);
  }

  @Delete(':id')
  @Endpoint({
    summary: 'Delete a webhook, for good; what still waits for it is not sent',
    roles: managers,
    errors: ['not-found'],
  })
  async delete(
    @IdParam('id', 'whk') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    await this.visible(id, caller, managers);
    return this.endpoints.delete(id, actor);
  }

  private async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<EndpointView> {
    const endpoint = await this.endpoints.get(id);
    requireProgram(caller, endpoint.programId, roles);
    return endpoint;
  }
}

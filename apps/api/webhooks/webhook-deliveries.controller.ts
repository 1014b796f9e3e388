import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/actor.js';
import type { Page } from '../../../libs/platform/index.js';
import {
  describedEventTypes,
  WebhookDeliveries,
  WebhookEndpoints,
  type DeliveryDetail,
  type DeliveryView,
} from '../../../libs/webhooks/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { deliveryExample } from './examples.js';
import {
  deliveriesQuery,
  deliveryDetail,
  deliveryPage,
  deliveryView,
  eventTypePage,
  replayBody,
  replayedEvents,
  testDelivery,
} from './webhooks.dto.js';

const managers: readonly Role[] = ['admin'];
const readers: readonly Role[] = ['admin', 'auditor'];

/** The log of what went out, and the ways to send it again. */
@Controller('v1')
export class WebhookDeliveriesController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveries,
  ) {}

  @Get('event-types')
  @Endpoint({
    summary: 'All types of events, each with an example of what is delivered',
    roles: 'public',
    response: eventTypePage,
    example: { items: describedEventTypes().slice(0, 2), next: null },
  })
  types(): Page<ReturnType<typeof describedEventTypes>[number]> {
    return { items: describedEventTypes(), next: null };
  }

  @Get('webhooks/:id/deliveries')
  @Endpoint({
    summary: 'What went to a webhook, newest first',
    roles: readers,
    response: deliveryPage,
    example: { items: [deliveryExample], next: null },
    errors: ['not-found'],
    csv: [
      'id',
      'eventId',
      'sequence',
      'type',
      'subjectId',
      'state',
      'attempts',
      'status',
      'code',
      'createdAt',
      'deliveredAt',
    ],
  })
  async list(
    @IdParam('id', 'whk') id: string,
    @ZodQuery(deliveriesQuery) query: z.infer<typeof deliveriesQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<DeliveryView>> {
    await this.visible(id, caller, readers);
    return this.deliveries.list(id, query);
  }

  @Get('webhooks/:id/deliveries/:deliveryId')
  @Endpoint({
    summary: 'One delivery: its payload and every attempt',
    roles: readers,
    response: deliveryDetail,
    errors: ['not-found'],
  })
  async get(
    @IdParam('id', 'whk') id: string,
    @IdParam('deliveryId', 'whd') deliveryId: string,
    @Caller() caller: Principal,
  ): Promise<DeliveryDetail> {
    await this.visible(id, caller, readers);
    return this.deliveries.get(id, deliveryId);
  }

  @Post('webhooks/:id/deliveries/:deliveryId/replay')
  @Endpoint({
    summary: 'Deliver once more, under the same webhook-id',
    roles: managers,
    status: 202,
    response: deliveryView,
    errors: ['not-found', 'illegal-transition'],
  })
  async replay(
    @IdParam('id', 'whk') id: string,
    @IdParam('deliveryId', 'whd') deliveryId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DeliveryView> {
    await this.visible(id, caller, managers);
    return this.deliveries.replay(id, deliveryId, actor);
  }

  @Post('webhooks/:id/replay')
  @Endpoint({
    summary: 'Deliver the events of a stretch of time once more, those that were missed too',
    description: 'From `from` on and before `until`, at most 10,000 events; each keeps its webhook-id.',
    roles: managers,
    status: 202,
    response: replayedEvents,
    bodyExample: { from: '2026-03-01T00:00:00Z', until: '2026-03-02T00:00:00Z', types: ['application.*'] },
    example: { events: 42 },
    errors: ['not-found', 'illegal-transition', 'invalid-document'],
  })
  async replayAll(
    @IdParam('id', 'whk') id: string,
    @ZodBody(replayBody) { from, until, types }: z.infer<typeof replayBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<{ events: number }> {
    await this.visible(id, caller, managers);
    const stretch = { from: new Date(from), until: new Date(until), types };
    return { events: await this.deliveries.replayAll(id, stretch, actor) };
  }

  @Post('webhooks/:id/test')
  @Endpoint({
    summary: 'Send a test event (`webhook.test`) to this webhook alone',
    roles: managers,
    status: 202,
    response: testDelivery,
    example: { deliveryId: deliveryExample.id, eventId: deliveryExample.eventId },
    errors: ['not-found', 'illegal-transition'],
  })
  async test(
    @IdParam('id', 'whk') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<{ deliveryId: string; eventId: string }> {
    await this.visible(id, caller, managers);
    return this.deliveries.test(id, actor);
  }

  private async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<void> {
    requireProgram(caller, (await this.endpoints.get(id)).programId, roles);
  }
}

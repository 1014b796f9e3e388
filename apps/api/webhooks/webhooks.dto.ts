import { z } from 'zod';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { isEventFilter } from '../../../libs/webhooks/index.js';
import { instantField, programIdField } from '../edge/fields.js';

const eventFilters = z
  .array(z.string().max(80).refine(isEventFilter, { error: 'must be one of GET /v1/event-types, or `<subject>.*`' }))
  .max(200);
const description = z.string().trim().min(1).max(500);
const url = z.string().trim().min(1).max(2_000);

export const newWebhookBody = z.strictObject({
  /** One program's id, or `*`. */
  programId: z
    .string()
    .max(40)
    .refine((text) => text === '*' || isId('prg', text), { error: 'must be the id of a program or *' })
    .default('*'),
  url,
  description: description.optional(),
  /** Types and `<subject>.*`; none for all, those of later releases too. */
  eventTypes: eventFilters.default([]),
});

export const webhookChanges = z.strictObject({
  url: url.optional(),
  description: description.optional(),
  eventTypes: eventFilters.optional(),
});

export const rotationBody = z.strictObject({
  /** How long deliveries carry a signature by the secret before, too; none for at once. */
  overlapHours: z.number().int().min(0).max(168).default(24),
});

export const replayBody = z.strictObject({
  from: instantField,
  until: instantField,
  types: eventFilters.optional(),
});

export const webhookView = z.object({
  id: z.string(),
  programId: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  eventTypes: z.array(z.string()),
  state: z.enum(['enabled', 'disabled', 'deleted']),
  disabledBecause: z.enum(['person', 'gone', 'failing']).nullable(),
  failingSince: z.iso.datetime().nullable(),
  previousSecretUntil: z.iso.datetime().nullable(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  stateSince: z.iso.datetime(),
});
export const webhookWithSecret = webhookView.extend({ secret: z.string() });
export const webhookPage = pageOf(webhookView);
export const webhooksQuery = z.strictObject({ ...pageFields, programId: programIdField.optional() });

const deliveryState = z.enum(['pending', 'delivered', 'failed', 'cancelled']);

export const deliveryView = z.object({
  id: z.string(),
  endpointId: z.string(),
  eventId: z.string(),
  sequence: z.number().int(),
  type: z.string(),
  subjectId: z.string(),
  state: deliveryState,
  attempts: z.number().int(),
  nextAttemptAt: z.iso.datetime().nullable(),
  status: z.number().int().nullable(),
  code: z.string().nullable(),
  durationMs: z.number().int().nullable(),
  excerpt: z.string().nullable(),
  createdAt: z.iso.datetime(),
  attemptedAt: z.iso.datetime().nullable(),
  deliveredAt: z.iso.datetime().nullable(),
});
export const deliveryPage = pageOf(deliveryView);

const payload = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});

export const deliveryDetail = deliveryView.extend({
  payload,
  log: z.array(
    z.object({
      number: z.number().int(),
      at: z.iso.datetime(),
      status: z.number().int().nullable(),
      code: z.string().nullable(),
      durationMs: z.number().int(),
      excerpt: z.string().nullable(),
    }),
  ),
});

export const deliveriesQuery = z.strictObject({
  ...pageFields,
  state: deliveryState.optional(),
  type: z.string().min(1).max(80).optional(),
  /** What the events are about, by its id. */
  subject: z.string().min(1).max(200).optional(),
});

export const replayedEvents = z.object({ events: z.number().int() });
export const testDelivery = z.object({ deliveryId: z.string(), eventId: z.string() });

export const eventTypePage = pageOf(z.object({ type: z.string(), description: z.string(), example: payload }));

import { describedEventTypes, testEventType, type WebhookPayload } from '../../../libs/webhooks/index.js';

/** What every event looks like; the description names it `WebhookEvent`. */
export const webhookEventSchema = {
  type: 'object' as const,
  description:
    'Posted with three headers (Standard Webhooks): `webhook-id`, the same for each attempt and replay of an event: act on ' +
    'it once; `webhook-timestamp`, when this attempt was made, in seconds since 1970; `webhook-signature`, one or more ' +
    'signatures `v1,…`, separated by spaces.',
  required: ['type', 'timestamp', 'data'],
  properties: {
    type: { type: 'string' as const },
    timestamp: { type: 'string' as const, format: 'date-time' },
    data: {
      type: 'object' as const,
      required: ['eventId', 'sequence', 'programId', 'subjectId'],
      properties: {
        eventId: { type: 'string' as const },
        sequence: {
          type: 'integer' as const,
          description: 'Of two events of one subject, the one with the higher number came later.',
        },
        programId: { type: 'string' as const },
        subjectId: { type: 'string' as const, description: 'What the event is about.' },
      },
    },
  },
};

const schema = { $ref: '#/components/schemas/WebhookEvent' };

/** What we send to receivers, one entry per type of event, as OpenAPI 3.1 describes webhooks. */
export function webhookDescriptions(): Record<string, unknown> {
  const data = { eventId: 'evt_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b', sequence: 0, programId: '*', subjectId: 'whk_…' };
  const test = {
    type: testEventType,
    description: 'A test that somebody asked for, to one webhook alone.',
    example: { type: testEventType, timestamp: '2026-03-01T09:00:00.000Z', data },
  };
  return Object.fromEntries(
    [...describedEventTypes(), test].map(({ type, description, example }) => [type, operation(description, example)]),
  );
}

function operation(summary: string, example: WebhookPayload): unknown {
  return {
    post: {
      summary,
      requestBody: { required: true, content: { 'application/json': { schema, example } } },
      responses: {
        '2XX': { description: 'Taken; everything else is tried again, but for 410, which ends the webhook.' },
      },
    },
  };
}

import type { WebhookPayload } from './domain/index.js';

export type EndpointState = 'enabled' | 'disabled' | 'deleted';
/** Who or what switched an endpoint off: a person, a receiver that said 410, or days of failures. */
export type DisabledBecause = 'person' | 'gone' | 'failing';

export interface EndpointRow {
  id: string;
  /** A program's id, or `*` for all programs. */
  program_id: string;
  url: string;
  description: string | null;
  /** Types and `<subject>.*`; empty for all. */
  event_types: string[];
  state: EndpointState;
  disabled_because: DisabledBecause | null;
  secret: Buffer | null;
  secret_key_id: string | null;
  previous_secret: Buffer | null;
  previous_secret_key_id: string | null;
  previous_secret_until: Date | null;
  failing_since: Date | null;
  created_by: string;
  created_at: Date;
  state_since: Date;
}

/** An endpoint as the API shows it; its secret is not in it. */
export interface EndpointView {
  id: string;
  programId: string;
  url: string;
  description: string | null;
  eventTypes: string[];
  state: EndpointState;
  disabledBecause: DisabledBecause | null;
  failingSince: Date | null;
  /** Until when deliveries carry a signature by the secret before this one too. */
  previousSecretUntil: Date | null;
  createdBy: string;
  createdAt: Date;
  stateSince: Date;
}

/** `failed`: the last try of the schedule failed. `cancelled`: the endpoint was deleted before it was delivered. */
export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'cancelled';

export interface DeliveryView {
  id: string;
  endpointId: string;
  /** The `webhook-id` of every attempt, replays included. */
  eventId: string;
  sequence: number;
  type: string;
  subjectId: string;
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: Date | null;
  status: number | null;
  code: string | null;
  durationMs: number | null;
  excerpt: string | null;
  createdAt: Date;
  attemptedAt: Date | null;
  deliveredAt: Date | null;
}

export interface AttemptView {
  number: number;
  at: Date;
  status: number | null;
  code: string | null;
  durationMs: number;
  excerpt: string | null;
}

export interface DeliveryDetail extends DeliveryView {
  payload: WebhookPayload;
  log: AttemptView[];
}

export function toView(row: EndpointRow): EndpointView {
  return {
    id: row.id,
    programId: row.program_id,
    url: row.url,
    description: row.description,
    eventTypes: row.event_types,
    state: row.state,
    disabledBecause: row.disabled_because,
    failingSince: row.failing_since,
    previousSecretUntil: row.previous_secret_until,
    createdBy: row.created_by,
    createdAt: row.created_at,
    stateSince: row.state_since,
  };
}

import { Injectable } from '@nestjs/common';
import { rowsOf, type Transaction } from '../database/index.js';
import { newId } from '../kernel/ids.js';
import { payloadOf, type AnnouncedEvent } from './domain/index.js';
import { contextsOf } from './event-context.js';

/** A domain event as the outbox's row has it. */
export interface EventRow {
  sequence: string;
  id: string;
  program_id: string;
  created_at: Date;
  payload: { type: string; subjectId: string; data?: Record<string, unknown> };
}

/** One event for one endpoint. */
interface Queued {
  id: string;
  endpoint_id: string;
  program_id: string;
  event_id: string;
  sequence: number;
  type: string;
  subject_id: string;
}

/** Writes what is to be delivered to whom. A payload is made once, so that every endpoint and every replay gets the same. */
@Injectable()
export class DeliveryQueue {
  /**
   * Queues each event for the endpoints that `endpointsOf` names; how many deliveries that are. One that is there already
   * stays as it is, or with `again` begins anew under the same event's id.
   */
  async enqueue(
    tx: Transaction,
    events: readonly EventRow[],
    endpointsOf: (event: AnnouncedEvent) => readonly string[],
    { again = false } = {},
  ): Promise<number> {
    const wanted = events
      .map(announced)
      .map((event) => ({ event, endpoints: endpointsOf(event) }))
      .filter(({ endpoints }) => endpoints.length > 0);
    if (wanted.length === 0) return 0;
    await this.keepPayloads(
      tx,
      wanted.map(({ event }) => event),
    );
    const rows = wanted.flatMap(({ event, endpoints }) => endpoints.map((endpoint) => queued(endpoint, event)));
    return this.insert(tx, rows, again);
  }

  /** Queues an event that stands in no feed, for one endpoint alone; the delivery's id. */
  async enqueueAlone(tx: Transaction, endpointId: string, event: AnnouncedEvent): Promise<string> {
    await this.keepPayloads(tx, [event]);
    const row = queued(endpointId, event);
    await this.insert(tx, [row], false);
    return row.id;
  }

  private async keepPayloads(tx: Transaction, events: readonly AnnouncedEvent[]): Promise<void> {
    const contexts = await contextsOf(
      tx,
      events.map(({ subjectId }) => subjectId),
    );
    const messages = events.map((event) => ({
      event_id: event.eventId,
      program_id: event.programId,
      sequence: event.sequence,
      type: event.type,
      subject_id: event.subjectId,
      at: event.at,
      body: JSON.stringify(payloadOf(event, contexts.get(event.subjectId) ?? {})),
    }));
    await tx.query(
      `insert into webhook_messages (event_id, program_id, sequence, type, subject_id, at, body)
       select event_id, program_id, sequence, type, subject_id, at, body from jsonb_to_recordset($1) as message
         (event_id text, program_id text, sequence bigint, type text, subject_id text, at timestamptz, body text)
       on conflict (event_id) do nothing`,
      [JSON.stringify(messages)],
    );
  }

  private async insert(tx: Transaction, rows: readonly Queued[], again: boolean): Promise<number> {
    const onConflict = again
      ? `do update set state = 'pending', tries = 0, next_attempt_at = now(), delivered_at = null`
      : 'do nothing';
    const made = await rowsOf(
      tx,
      `insert into webhook_deliveries (id, program_id, endpoint_id, event_id, sequence, type, subject_id, state, next_attempt_at, created_at)
       select id, program_id, endpoint_id, event_id, sequence, type, subject_id, 'pending', now(), now()
       from jsonb_to_recordset($1) as queued
         (id text, program_id text, endpoint_id text, event_id text, sequence bigint, type text, subject_id text)
       on conflict (endpoint_id, event_id) ${onConflict} returning id`,
      [JSON.stringify(rows)],
    );
    return made.length;
  }
}

function queued(endpointId: string, event: AnnouncedEvent): Queued {
  return {
    id: newId('whd'),
    endpoint_id: endpointId,
    program_id: event.programId,
    event_id: event.eventId,
    sequence: event.sequence,
    type: event.type,
    subject_id: event.subjectId,
  };
}

function announced({ sequence, id, program_id: programId, created_at: at, payload }: EventRow): AnnouncedEvent {
  const { type, subjectId, data = {} } = payload;
  return { eventId: id, sequence: Number(sequence), programId, type, subjectId, at, data };
}

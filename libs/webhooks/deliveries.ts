import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { toSafeNumber } from '../kernel/money.js';
import type { Actor } from '../orchestration/actor.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { DeliveryQueue, type EventRow } from './delivery-queue.js';
import { matchesFilters, testEventType, type WebhookPayload } from './domain/index.js';
import { WebhookEndpoints } from './endpoints.js';
import type { AttemptView, DeliveryDetail, DeliveryState, DeliveryView } from './rows.js';

export interface DeliveriesRequest extends PageRequest {
  state?: DeliveryState | undefined;
  type?: string | undefined;
  subject?: string | undefined;
}

export interface ReplayRequest {
  /** Events that were announced from this instant on … */
  from: Date;
  /** … and before this one. */
  until: Date;
  /** Types and `<subject>.*`; all that the endpoint takes where absent. */
  types?: readonly string[] | undefined;
}

type DeliveryRow = Omit<DeliveryView, 'sequence'> & { sequence: string };

const sort = 'id desc';
/** The most events that one replay takes. */
const maxReplayed = 10_000;

const columns = `id, endpoint_id as "endpointId", event_id as "eventId", sequence, type, subject_id as "subjectId", state,
  attempts, case when state = 'pending' then next_attempt_at end as "nextAttemptAt", status, code, duration_ms as "durationMs",
  excerpt, created_at as "createdAt", attempted_at as "attemptedAt", delivered_at as "deliveredAt"`;

/** The log of what went to an endpoint, and its way to get things again. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly endpoints: WebhookEndpoints,
    private readonly queue: DeliveryQueue,
  ) {}

  /** The deliveries of an endpoint, newest first. */
  async list(endpointId: string, request: DeliveriesRequest): Promise<Page<DeliveryView>> {
    const [after] = decodeCursor(request.cursor, sort, ['text']);
    const limit = pageLimit(request);
    const rows = await this.database.query<DeliveryRow>(
      `select ${columns} from webhook_deliveries where endpoint_id = $1 and ($2::text is null or state = $2)
         and ($3::text is null or type = $3) and ($4::text is null or subject_id = $4) and ($5::text is null or id < $5)
       order by id desc limit $6`,
      [endpointId, request.state ?? null, request.type ?? null, request.subject ?? null, after, limit + 1],
    );
    return mapPage(
      pageFrom(rows, limit, sort, ({ id }) => [id]),
      toView,
    );
  }

  /** One delivery with its payload and every attempt. @throws DomainError `not-found` */
  async get(endpointId: string, id: string): Promise<DeliveryDetail> {
    const sql = `select ${columns} from webhook_deliveries where id = $1 and endpoint_id = $2`;
    const [row] = await this.database.query<DeliveryRow>(sql, [id, endpointId]);
    if (!row) throw new DomainError('not-found', `no delivery ${id}`);
    const [message] = await this.database.query<{ body: string }>(
      `select body from webhook_messages where event_id = $1`,
      [row.eventId],
    );
    const log = await this.database.query<AttemptView>(
      `select number, at, status, code, duration_ms as "durationMs", excerpt from webhook_attempts
       where delivery_id = $1 order by number desc limit 100`,
      [id],
    );
    return { ...toView(row), payload: JSON.parse(message?.body ?? '{}') as WebhookPayload, log };
  }

  /**
   * Delivers once more, under the same event's id, with a schedule of its own; one that still waits goes out now.
   * @throws DomainError `not-found`, `illegal-transition` unless the endpoint is enabled
   */
  async replay(endpointId: string, id: string, actor: Actor): Promise<DeliveryView> {
    return this.database.inTransaction(async (tx) => {
      const endpoint = await this.lockEnabled(tx, endpointId);
      const row = await rowOf<DeliveryRow>(
        tx,
        `update webhook_deliveries set state = 'pending', tries = 0, next_attempt_at = now(), delivered_at = null
         where id = $1 and endpoint_id = $2 returning ${columns}`,
        [id, endpointId],
      );
      if (!row) throw new DomainError('not-found', `no delivery ${id}`);
      const { program_id: programId } = endpoint;
      const details = { deliveryId: id, eventId: row.eventId };
      await this.audit.record(tx, { ...actor, programId, action: 'webhook.replay', subjectId: endpointId, details });
      await tx.query(`select pg_notify('outbox_messages', 'domain_event')`);
      return toView(row);
    });
  }

  /**
   * Delivers all that was announced in a stretch of time once more, whether it was delivered, failed, or missed while the
   * endpoint was off; how many events that are.
   *
   * @throws DomainError `illegal-transition` unless the endpoint is enabled; `invalid-document` for a stretch without end
   *   after its beginning, or with more than 10,000 events
   */
  async replayAll(endpointId: string, { from, until, types = [] }: ReplayRequest, actor: Actor): Promise<number> {
    if (until.getTime() <= from.getTime()) throw refusal('/until', 'must be after `from`');
    return this.database.inTransaction(async (tx) => {
      const endpoint = await this.lockEnabled(tx, endpointId);
      const events = await rowsOf<EventRow>(
        tx,
        `select sequence, id, program_id, created_at, payload from outbox_messages
         where kind = 'domain_event' and created_at >= $1 and created_at < $2 and ($3 = '*' or program_id = $3)
         order by sequence`,
        [from, until, endpoint.program_id],
      );
      const wanted = events.filter(
        ({ payload: { type } }) => matchesFilters(endpoint.event_types, type) && matchesFilters(types, type),
      );
      if (wanted.length > maxReplayed) {
        throw refusal(
          '/until',
          `must be earlier: there are ${wanted.length} events, and one replay takes ${maxReplayed}`,
        );
      }
      const count = await this.queue.enqueue(tx, wanted, () => [endpointId], { again: true });
      const details = { from: from.toISOString(), until: until.toISOString(), types, count };
      const fact = { ...actor, programId: endpoint.program_id, action: 'webhook.replay', subjectId: endpointId };
      await this.audit.record(tx, { ...fact, details });
      await tx.query(`select pg_notify('outbox_messages', 'domain_event')`);
      return count;
    });
  }

  /** Sends an event of its own to the endpoint, to see whether it arrives. @throws DomainError `illegal-transition` */
  async test(endpointId: string, actor: Actor): Promise<{ deliveryId: string; eventId: string }> {
    const eventId = newId('evt');
    return this.database.inTransaction(async (tx) => {
      const { program_id: programId } = await this.lockEnabled(tx, endpointId);
      const event = { eventId, sequence: 0, programId, type: testEventType, subjectId: endpointId };
      const at = this.clock.now();
      const deliveryId = await this.queue.enqueueAlone(tx, endpointId, { ...event, at, data: {} });
      const details = { deliveryId, eventId };
      await this.audit.record(tx, { ...actor, programId, action: 'webhook.test', subjectId: endpointId, details });
      await tx.query(`select pg_notify('outbox_messages', 'domain_event')`);
      return { deliveryId, eventId };
    });
  }

  private async lockEnabled(...[tx, id]: Parameters<WebhookEndpoints['lock']>): ReturnType<WebhookEndpoints['lock']> {
    const endpoint = await this.endpoints.lock(tx, id);
    if (endpoint.state === 'enabled') return endpoint;
    throw new DomainError('illegal-transition', 'webhook: enable it first, so that what is sent again can go out');
  }
}

function toView({ sequence, ...row }: DeliveryRow): DeliveryView {
  return { ...row, sequence: toSafeNumber(BigInt(sequence)) };
}

function refusal(pointer: string, message: string): DomainError {
  return new DomainError('invalid-document', 'these events cannot be sent again', [{ pointer, message }]);
}

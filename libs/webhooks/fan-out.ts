import { Injectable } from '@nestjs/common';
import { Database, rowsOf } from '../database/index.js';
import { DeliveryQueue, type EventRow } from './delivery-queue.js';
import { matchesFilters } from './domain/index.js';

interface Subscriber {
  id: string;
  program_id: string;
  event_types: string[];
}

/** Events of one transaction of the fan-out. */
const batchSize = 500;

/**
 * Finds the endpoints of each announced event. An event is claimed by its row, not passed by its number: one whose
 * transaction commits late, after others with higher numbers were fanned out, is found as soon as it is there. Finding
 * and marking are one transaction, so that each event is fanned out exactly once, by one of any number of workers.
 */
@Injectable()
export class WebhookFanOut {
  constructor(
    private readonly database: Database,
    private readonly queue: DeliveryQueue,
  ) {}

  /** Fans out at most one batch of what waits; whether there may be more. */
  next(): Promise<boolean> {
    return this.database.inTransaction(async (tx) => {
      const events = await rowsOf<EventRow>(
        tx,
        `select sequence, id, program_id, created_at, payload from outbox_messages
         where kind = 'domain_event' and delivered_at is null order by sequence limit $1 for update skip locked`,
        [batchSize],
      );
      if (events.length === 0) return false;
      const subscribers = await rowsOf<Subscriber>(
        tx,
        `select id, program_id, event_types from webhook_endpoints where state = 'enabled'`,
      );
      await this.queue.enqueue(tx, events, ({ programId, type }) =>
        subscribers
          .filter((one) => one.program_id === '*' || one.program_id === programId)
          .filter((one) => matchesFilters(one.event_types, type))
          .map(({ id }) => id),
      );
      await tx.query(`update outbox_messages set delivered_at = now() where sequence = any($1::bigint[])`, [
        events.map(({ sequence }) => sequence),
      ]);
      return events.length === batchSize;
    });
  }
}

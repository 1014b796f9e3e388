import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '../../../libs/database/index.js';
import type { DomainEvent } from '../../../libs/outbox/index.js';
import type { DomainEventView } from './audit.dto.js';

interface FeedRow {
  sequence: string;
  id: string;
  programId: string;
  createdAt: Date;
  payload: DomainEvent;
}

export interface FeedFilter {
  programs: '*' | readonly string[];
  limit: number;
  /** The sequence number that the last answer ended with. */
  after: string | null;
}

export interface FeedAnswer {
  items: DomainEventView[];
  /** The sequence number to go on after; `after` itself where there was nothing new. */
  last: string | null;
}

const settlingMs = 2_000;
const lookMs = 20;

/**
 * Domain events in the order in which they were numbered. Transactions commit in another order than they number, so a
 * reader could pass an event that isn't visible yet; the feed therefore shows only what was numbered before all
 * transactions that ran then had ended, and waits a moment for them.
 */
@Injectable()
export class EventFeed {
  constructor(private readonly database: Database) {}

  async read({ programs, limit, after }: FeedFilter): Promise<FeedAnswer> {
    const horizon = await this.settledHorizon();
    if (horizon === undefined) return { items: [], last: after };
    const rows = await this.database.query<FeedRow>(
      `select sequence, id, program_id as "programId", created_at as "createdAt", payload from outbox_messages
       where kind = 'domain_event' and sequence > coalesce($1::bigint, 0) and sequence <= $2::bigint
         and ($3::text[] is null or program_id = any($3))
       order by sequence limit $4`,
      [after, horizon, programs === '*' ? null : programs, limit],
    );
    return { items: rows.map(asEvent), last: rows.at(-1)?.sequence ?? after };
  }

  /** The highest number below which nothing can appear any more; undefined while an old transaction keeps it open. */
  private async settledHorizon(): Promise<string | undefined> {
    const [seen] = await this.database.query<{ highest: string; running: string }>(
      `select coalesce(max(sequence), 0) as highest, pg_snapshot_xmax(pg_current_snapshot())::text as running from outbox_messages`,
    );
    for (let waitedMs = 0; waitedMs <= settlingMs; waitedMs += lookMs) {
      const [now] = await this.database.query<{ is_settled: boolean }>(
        `select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 as is_settled`,
        [seen!.running],
      );
      if (now!.is_settled) return seen!.highest;
      await pause(lookMs);
    }
    return undefined;
  }
}

function asEvent({ id, programId, createdAt, payload }: FeedRow): DomainEventView {
  const { type, subjectId, data = {} } = payload;
  return { id, programId, type, subjectId, at: createdAt.toISOString(), data };
}

import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Database, rowOf } from '../../../libs/database/index.js';

/** What the limiter learns of a key: how often it was used in its window, and when that ends, in seconds. */
export type KeyUse = Awaited<ReturnType<ThrottlerStorage['increment']>>;

const cleaningEvery = 500;
const cleaningBatch = 10_000;

/**
 * Counts requests in PostgreSQL, so that all API processes share one count. One statement counts and answers; database
 * time decides. Keys are hashes: no address and no mail address stands in the table.
 */
@Injectable()
export class RateLimitStore implements ThrottlerStorage {
  private counted = 0;

  constructor(private readonly database: Database) {}

  /** Counts one use of a key in a window of `windowMs`; blocked are those beyond the limit, until the window ends. */
  async increment(key: string, windowMs: number, limit: number): Promise<KeyUse> {
    const row = await rowOf<{ hits: number; left: number }>(
      this.database.dataSource.manager,
      `insert into rate_limits as r (key, hits, window_ends_at) values ($1, 1, now() + $2 * interval '1 millisecond')
       on conflict (key) do update set
         hits = case when r.window_ends_at <= now() then 1 else r.hits + 1 end,
         window_ends_at = case when r.window_ends_at <= now() then excluded.window_ends_at else r.window_ends_at end
       returning hits, ceil(extract(epoch from window_ends_at - now()))::int as left`,
      [key, windowMs],
    );
    const { hits, left } = row!;
    this.counted += 1;
    if (this.counted % cleaningEvery === 0) await this.deleteOld();
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: left, isBlocked, timeToBlockExpire: isBlocked ? left : 0 };
  }

  /** Deletes windows that are over, some thousands at a time. */
  async deleteOld(): Promise<void> {
    await this.database.query(
      `delete from rate_limits where key in (
         select key from rate_limits where window_ends_at <= now() limit ${cleaningBatch} for update skip locked)`,
    );
  }
}

import type { Database } from '../../database/index.js';

/** Buckets belong to no program: an account at a rail is shared by all. */
const anyProgram = '*';

export interface BucketLimits {
  /** Tokens that come back each second, above zero. */
  perSecond: number;
  /** How many tokens there are after a rest, at least 1; those of one second where left out. */
  capacity?: number;
}

/** After the rail said that it is too much, half as many tokens come back for this long. */
const slowSeconds = 60;

/**
 * A token bucket in PostgreSQL, one row per account at a rail, from which all processes take. Time is the database's
 * alone, read while the row is locked, so processes whose clocks differ share one rate.
 *
 * Tokens may be taken before they are there: the row then owes them, and whoever took them waits until they have come.
 * So the first to ask is the first to go, and nobody starves.
 */
export class RailBucket {
  private readonly capacity: number;

  constructor(
    private readonly database: Database,
    private readonly account: string,
    private readonly limits: BucketLimits,
  ) {
    this.capacity = limits.capacity ?? Math.max(1, limits.perSecond);
    if (!(limits.perSecond > 0) || !(this.capacity >= 1)) throw new RangeError('a bucket needs a rate and a capacity');
  }

  /**
   * Takes tokens and tells how many milliseconds to wait before they may be used. Where that would be longer than
   * `longestWaitMs` nothing is taken: ask again after `waitMs`.
   *
   * @param count 1 or more; more than the capacity only costs time
   */
  async take(count: number, longestWaitMs: number): Promise<{ taken: boolean; waitMs: number }> {
    const parameters = [this.account, count, this.limits.perSecond, this.capacity, longestWaitMs / 1000];
    for (;;) {
      const [rows] = await this.database.query<unknown[]>(takeStatement, parameters);
      const [row] = (rows ?? []) as { tokens: number; taken: boolean; slowed: boolean }[];
      if (!row) {
        await this.fill();
        continue;
      }
      const owed = row.taken ? -row.tokens : count - row.tokens;
      const perSecond = row.slowed ? this.limits.perSecond / 2 : this.limits.perSecond;
      return { taken: row.taken, waitMs: Math.max(0, Math.ceil((owed / perSecond) * 1000)) };
    }
  }

  /**
   * The rail took no more: no token is there before `milliseconds` have passed, and half as many come back for a minute.
   * Several such answers at once count as one.
   */
  async slowDown(milliseconds: number): Promise<void> {
    await this.fill();
    await this.database.query(
      `update rail_buckets set tokens = least(tokens, -$2::double precision * $3 / 1000), refilled_at = clock_timestamp(),
         slowed_until = clock_timestamp() + make_interval(secs => $4)
       where account = $1`,
      [this.account, milliseconds, this.limits.perSecond / 2, slowSeconds],
    );
  }

  private async fill(): Promise<void> {
    await this.database.query(
      `insert into rail_buckets (account, program_id, tokens, refilled_at, slowed_until)
       values ($1, $2, $3, clock_timestamp(), clock_timestamp()) on conflict (account) do nothing`,
      [this.account, anyProgram, this.capacity],
    );
  }
}

/**
 * The row is locked before the clock is read, so that tokens are counted in the order in which they are taken. What came
 * back: the seconds since the last look, those within the slow time counted half, never more than the bucket holds; a
 * database whose clock was set back gives none.
 */
const takeStatement = `
  with bucket as materialized (
    select account, tokens, refilled_at, slowed_until from rail_buckets where account = $1 for update
  ), clock as materialized (
    select bucket.*, clock_timestamp() as now from bucket
  ), refilled as (
    select account, now, least($4::double precision, tokens + $3::double precision * greatest(0,
        extract(epoch from now - refilled_at)
        - greatest(0, extract(epoch from least(now, slowed_until) - refilled_at)) / 2)) as tokens
    from clock
  )
  update rail_buckets bucket set refilled_at = refilled.now,
    tokens = refilled.tokens - case when refilled.tokens - $2 >= -$3 * $5::double precision then $2 else 0 end
  from refilled where bucket.account = refilled.account
  returning bucket.tokens, refilled.tokens - $2 >= -$3 * $5::double precision as taken,
    refilled.now < bucket.slowed_until as slowed`;

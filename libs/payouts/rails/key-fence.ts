import { randomUUID } from 'node:crypto';
import type { Database } from '../../database/index.js';
import { RailOutcomeUnknown, RailRefusal, RailUnavailable } from '../domain/rail-failures.js';

/** Where a key stands that belongs to no program: an account at a rail is shared by all. */
const anyProgram = '*';

/** Dead keys, and holds whose holder died, are kept so much longer than their key may be used. */
const keptDays = 5;

/** How much longer than its call a key is held; whoever is later than this before the call does not make it. */
const marginMs = 5_000;

/**
 * Keeps dead keys dead, for rails that execute a failed request AGAIN under its key (Stripe's v2): once such a rail has
 * refused, no request of ours may use the key any more, or a process that woke up late would pay an item whose money
 * was given back. A key is held by one caller at a time, by the database's clock.
 *
 * A dead key is kept until nobody may use it any more: one whose attempt is older than `usableMs` is not given out, by
 * the database's clock and in the statement that gives it, so that forgetting it later revives nothing.
 *
 * What it cannot fence: a request that was sent before the key died and that the network delivers after.
 */
export class KeyFence {
  constructor(
    private readonly database: Database,
    private readonly rail: string,
    /** How long after its first send a key may be used; shorter than the rail remembers it. */
    private readonly usableMs: number,
  ) {}

  /**
   * Makes the call while holding the key; where it is refused the key is dead before anybody hears of it.
   *
   * @param callMs the longest that the call can take
   * @throws RailRefusal with the code of the first refusal, for a dead key; RailOutcomeUnknown while another holds it,
   *   and for a key that is too old; what the call throws
   */
  async guard<T>(key: string, callMs: number, call: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const holder = randomUUID();
    await this.take(key, holder, callMs + 2 * marginMs);
    if (performance.now() - startedAt > marginMs) {
      throw new RailUnavailable('held_up', 'sending: the process was held up before the call, which was not made');
    }
    try {
      const result = await call();
      await this.release(key, holder);
      return result;
    } catch (error) {
      if (error instanceof RailRefusal) await this.kill(key, holder, error.code);
      else await this.release(key, holder);
      throw error;
    }
  }

  private async take(key: string, holder: string, holdMs: number): Promise<void> {
    const [taken] = await this.database.query(
      `insert into rail_keys (rail, idempotency_key, program_id, holder, held_until)
       select $1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5::double precision / 1000)
       where not exists (select from payout_attempts attempt where attempt.idempotency_key = $2
                         and attempt.first_sent_at < clock_timestamp() - make_interval(secs => $6::double precision / 1000))
       on conflict (rail, idempotency_key) do update set holder = excluded.holder, held_until = excluded.held_until
         where rail_keys.dead_code is null and rail_keys.held_until < clock_timestamp()
       returning holder`,
      [this.rail, key, anyProgram, holder, holdMs, this.usableMs],
    );
    if (taken) return;
    const [held] = await this.database.query<{ dead_code: string | null }>(
      `select dead_code from rail_keys where rail = $1 and idempotency_key = $2`,
      [this.rail, key],
    );
    const deadCode = held?.dead_code ?? undefined;
    if (deadCode !== undefined) throw new RailRefusal(deadCode, `sending: the rail refused before (${deadCode})`);
    if (!held) throw new RailOutcomeUnknown('key_not_given', 'sending: the key is too old, or was in use a moment ago');
    throw new RailOutcomeUnknown('key_in_use', 'sending: another request with this key is under way');
  }

  private async kill(key: string, holder: string, code: string): Promise<void> {
    // Answered as a pair [rows, count] by the driver's adapter where it is an update.
    const [rows] = await this.database.query<unknown[]>(
      `update rail_keys set dead_code = $4 where rail = $1 and idempotency_key = $2 and holder = $3 returning holder`,
      [this.rail, key, holder, code],
    );
    if (rows && rows.length > 0) return this.forgetOld();
    throw new RailOutcomeUnknown('key_taken_over', 'sending: refused, but another request holds the key by now');
  }

  /** Keys that nobody may use any more; done with each death, which is rare. */
  private async forgetOld(): Promise<void> {
    await this.database.query(
      `delete from rail_keys where rail = $1
         and held_until < clock_timestamp() - make_interval(secs => $2::double precision / 1000, days => $3)`,
      [this.rail, this.usableMs, keptDays],
    );
  }

  private async release(key: string, holder: string): Promise<void> {
    await this.database.query(`delete from rail_keys where rail = $1 and idempotency_key = $2 and holder = $3`, [
      this.rail,
      key,
      holder,
    ]);
  }
}

import { Injectable } from '@nestjs/common';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { Settings } from '../platform/index.js';
import { waitAfter } from './domain/index.js';
import { EndpointSecrets } from './endpoint-secrets.js';
import { WebhookEndpoints } from './endpoints.js';
import type { EndpointRow } from './rows.js';
import { WebhookClient, type AttemptResult } from './webhook-client.js';

/** A delivery that this process has claimed for one attempt, with all that the attempt needs. */
export interface ClaimedDelivery {
  id: string;
  program_id: string;
  endpoint_id: string;
  event_id: string;
  /** This attempt's number: whoever claims next has another one. */
  attempts: number;
  /** Which try of the schedule it is, from 1. */
  tries: number;
  body: string;
  endpoint: Pick<
    EndpointRow,
    'id' | 'url' | 'secret' | 'secret_key_id' | 'previous_secret' | 'previous_secret_key_id' | 'previous_secret_until'
  >;
}

type ClaimedRow = Omit<ClaimedDelivery, 'endpoint'> & Omit<ClaimedDelivery['endpoint'], 'id'>;

/** How many deliveries of an endpoint are on their way in this process. */
export type BusySlots = ReadonlyMap<string, number>;

const hourMs = 3_600_000;

/**
 * Claims deliveries, makes one attempt each, and writes down how it ended. A claim is a lease longer than any attempt may
 * take: what a process that died had claimed falls to the next one.
 */
@Injectable()
export class WebhookDeliverer {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly secrets: EndpointSecrets,
    private readonly client: WebhookClient,
    private readonly endpoints: WebhookEndpoints,
  ) {}

  /** How long a claim keeps others away, in milliseconds. */
  get leaseMs(): number {
    return 2 * this.settings.env.WEBHOOK_TIMEOUT_MS + 30_000;
  }

  /**
   * Claims what is due, at most `slots` per endpoint less what is busy already: an endpoint that does not answer keeps its
   * own slots and nobody else's.
   */
  async claim(slots: number, busy: BusySlots, leaseMs = this.leaseMs): Promise<ClaimedDelivery[]> {
    const rows = await rowsOf<ClaimedRow>(
      this.database.dataSource.manager,
      `with free as (
         select e.id, $1 - coalesce(b.busy, 0) as slots from webhook_endpoints e
         left join unnest($2::text[], $3::int[]) as b (id, busy) on b.id = e.id
         where e.state = 'enabled' and coalesce(b.busy, 0) < $1
       ), due as (
         select picked.id from free cross join lateral (
           select d.id from webhook_deliveries d
           where d.endpoint_id = free.id and d.state = 'pending' and d.next_attempt_at <= now()
             and (d.leased_until is null or d.leased_until <= now())
           order by d.next_attempt_at, d.sequence limit free.slots for update skip locked) picked
       )
       update webhook_deliveries d
       set attempts = d.attempts + 1, tries = d.tries + 1, leased_until = now() + $4 * interval '1 millisecond'
       from due, webhook_messages m, webhook_endpoints e
       where d.id = due.id and m.event_id = d.event_id and e.id = d.endpoint_id
       returning d.id, d.program_id, d.endpoint_id, d.event_id, d.attempts, d.tries, m.body, e.url, e.secret, e.secret_key_id,
         e.previous_secret, e.previous_secret_key_id, e.previous_secret_until`,
      [slots, [...busy.keys()], [...busy.values()], leaseMs],
    );
    return rows.map(asClaim);
  }

  /** Makes the attempt of a claim and writes down how it ended. */
  async attempt(claim: ClaimedDelivery): Promise<void> {
    const at = this.clock.now();
    const result = await this.post(claim, at);
    await this.database.inTransaction((tx) => this.note(tx, claim, result, at));
  }

  private async post(claim: ClaimedDelivery, at: Date): Promise<AttemptResult> {
    let signed: Record<string, string>;
    try {
      signed = this.secrets.sign(claim.endpoint, claim.event_id, claim.body, at);
    } catch {
      // The key that the secret was encrypted under is not configured any more: a new secret mends that.
      return { code: 'secret-unreadable', durationMs: 0, retryAfterMs: 0 };
    }
    const headers = { 'content-type': 'application/json', 'user-agent': 'Pactline-Webhooks/1', ...signed };
    return this.client.post(claim.endpoint.url, headers, claim.body);
  }

  private async note(tx: Transaction, claim: ClaimedDelivery, result: AttemptResult, at: Date): Promise<void> {
    const { status = null, code = null, durationMs, excerpt = null } = result;
    await tx.query(
      `insert into webhook_attempts (delivery_id, number, program_id, at, status, code, duration_ms, excerpt)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [claim.id, claim.attempts, claim.program_id, at, status, code, durationMs, excerpt],
    );
    const isDelivered = code === null;
    const { WEBHOOK_RETRY_DELAYS: delays } = this.settings.env;
    const waitMs = isDelivered ? undefined : waitAfter(delays, claim.tries, Math.random(), result.retryAfterMs);
    const state = isDelivered ? 'delivered' : waitMs === undefined ? 'failed' : 'pending';
    // Replayed while it was on its way, it has begun a new schedule by now: a failure must not put that off.
    const noted = await rowOf(
      tx,
      `update webhook_deliveries set state = case when $3 = 'delivered' or tries = $4 then $3 else state end,
         next_attempt_at = case when tries = $4 then now() + $5 * interval '1 millisecond' else next_attempt_at end,
         leased_until = null, status = $6, code = $7, duration_ms = $8, excerpt = $9, attempted_at = $10,
         delivered_at = case when $3 = 'delivered' then now() end
       where id = $1 and attempts = $2 and state = 'pending' returning id`,
      [claim.id, claim.attempts, state, claim.tries, waitMs ?? 0, status, code, durationMs, excerpt, at],
    );
    if (noted) await this.judge(tx, claim, result, at);
  }

  /** What the attempt says of its endpoint: well, failing for how long, or gone. */
  private async judge(tx: Transaction, claim: ClaimedDelivery, { code }: AttemptResult, at: Date): Promise<void> {
    const { endpoint_id: id, program_id: programId } = claim;
    if (code === undefined) {
      await tx.query(`update webhook_endpoints set failing_since = null where id = $1 and failing_since is not null`, [
        id,
      ]);
      return;
    }
    await tx.query(`update webhook_endpoints set failing_since = $2 where id = $1 and failing_since is null`, [id, at]);
    if (code === 'gone') return this.endpoints.giveUp(tx, id, 'gone', programId);
    const sql = `select failing_since from webhook_endpoints where id = $1`;
    const { failing_since: since } = (await rowOf<{ failing_since: Date | null }>(tx, sql, [id])) ?? {};
    const patienceMs = this.settings.env.WEBHOOK_DISABLE_AFTER_HOURS * hourMs;
    if (since && at.getTime() - since.getTime() >= patienceMs)
      await this.endpoints.giveUp(tx, id, 'failing', programId);
  }
}

function asClaim({ url, ...row }: ClaimedRow): ClaimedDelivery {
  const { secret, secret_key_id, previous_secret, previous_secret_key_id, previous_secret_until, ...claim } = row;
  const secrets = { secret, secret_key_id, previous_secret, previous_secret_key_id, previous_secret_until };
  return { ...claim, endpoint: { id: row.endpoint_id, url, ...secrets } };
}

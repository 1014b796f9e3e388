import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database, rowsOf } from '../../../libs/database/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { Keyring } from '../../../libs/kernel/keyring.js';
import { Settings } from '../../../libs/platform/index.js';

/** Which request a key stands for. */
export interface KeyedRequest {
  principal: string;
  route: string;
  key: string;
  bodyHash: string;
}

/** An answer as it is given again. */
export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  /** The exact text of the body. */
  body: string;
}

/** The right to work on a request until it is renewed, finished or given back; it names itself by its end. */
export interface Lease extends KeyedRequest {
  lockedUntil: string;
  /** The id of the first request with the key: what that one did before it was lost is known by it. */
  requestId: string;
}

interface KeyRow {
  body_hash: string;
  status: number | null;
  answer: Uint8Array | null;
  answer_key_id: string | null;
  is_locked: boolean;
}

const keptHours = 48;
const cleaningIntervalMs = 3_600_000;
const cleaningBatch = 10_000;

/**
 * Keys, and the answers that they got, encrypted. A request holds a lease while it works; one whose process died is taken
 * over after the lease's end. Database time decides, so that the clocks of several machines don't matter.
 */
@Injectable()
export class IdempotencyStore implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Idempotency');
  private cleaning: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly settings: Settings,
  ) {}

  /** How often a lease is renewed while its work lasts: two renewals may be lost. */
  get renewalIntervalMs(): number {
    return (this.leaseSeconds * 1_000) / 3;
  }

  private get leaseSeconds(): number {
    return this.settings.env.IDEMPOTENCY_LEASE_SECONDS;
  }

  onApplicationBootstrap(): void {
    this.cleaning = setInterval(() => void this.deleteOldQuietly(), cleaningIntervalMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.cleaning);
  }

  /**
   * A lease to do the work, or the answer that the same request got before. `requestId` is that of this attempt.
   * @throws DomainError `idempotency-key-reused` for another body, `request-in-progress` while someone holds the lease
   */
  async begin(request: KeyedRequest, requestId: string): Promise<{ lease: Lease } | { answer: StoredAnswer }> {
    const { principal, route, key, bodyHash } = request;
    const [inserted] = await this.statement<{ locked_until: string }>(
      `insert into idempotency_keys (principal, route, key, body_hash, request_id, locked_until, created_at)
       values ($1, $2, $3, $4, $5, now() + interval '${this.leaseSeconds} seconds', now())
       on conflict do nothing returning locked_until::text`,
      [principal, route, key, bodyHash, requestId],
    );
    if (inserted) return { lease: { ...request, requestId, lockedUntil: inserted.locked_until } };
    const [row] = await this.statement<KeyRow>(
      `select body_hash, status, answer, answer_key_id, locked_until > now() as is_locked
       from idempotency_keys where principal = $1 and route = $2 and key = $3`,
      [principal, route, key],
    );
    // Given back between the two statements: whoever holds it next answers.
    if (!row) throw inProgress();
    if (row.body_hash !== bodyHash) {
      throw new DomainError('idempotency-key-reused', 'this idempotency key came with another body before');
    }
    if (row.status !== null && row.answer && row.answer_key_id)
      return { answer: this.open(request, row.answer, row.answer_key_id) };
    if (row.is_locked) throw inProgress();
    return { lease: await this.takeOver(request, requestId) };
  }

  /** Prolongs the lease of work that takes long; the same lease where someone else holds it by now. */
  async renew(lease: Lease): Promise<Lease> {
    const [row] = await this.statement<{ locked_until: string }>(
      `update idempotency_keys set locked_until = now() + interval '${this.leaseSeconds} seconds'
       where principal = $1 and route = $2 and key = $3 and locked_until = $4::timestamptz and status is null
       returning locked_until::text`,
      [lease.principal, lease.route, lease.key, lease.lockedUntil],
    );
    return row ? { ...lease, lockedUntil: row.locked_until } : lease;
  }

  /** Keeps the answer for whoever asks again. Changes nothing when the lease was lost to someone else. */
  async finish(lease: Lease, answer: StoredAnswer): Promise<void> {
    const sealed = this.keyring.encrypt(Buffer.from(JSON.stringify(answer)), contextOf(lease));
    await this.statement(
      `update idempotency_keys set status = $5, answer = $6, answer_key_id = $7
       where principal = $1 and route = $2 and key = $3 and locked_until = $4::timestamptz and status is null`,
      [lease.principal, lease.route, lease.key, lease.lockedUntil, answer.status, sealed, this.keyring.activeKeyId],
    );
  }

  /** Gives the lease back where the work may be done and its answer is not known: the same request goes on, under its first id. */
  async pause(lease: Lease): Promise<void> {
    await this.statement(
      `update idempotency_keys set locked_until = now()
       where principal = $1 and route = $2 and key = $3 and locked_until = $4::timestamptz and status is null`,
      [lease.principal, lease.route, lease.key, lease.lockedUntil],
    );
  }

  /** Gives the lease back unused: the next request with the key does the work. */
  async release(lease: Lease): Promise<void> {
    await this.statement(
      `delete from idempotency_keys
       where principal = $1 and route = $2 and key = $3 and locked_until = $4::timestamptz and status is null`,
      [lease.principal, lease.route, lease.key, lease.lockedUntil],
    );
  }

  /** Deletes keys older than 48 hours, some thousands at a time; how many that were. */
  async deleteOld(): Promise<number> {
    const deleted = await this.statement<{ key: string }>(
      `delete from idempotency_keys where (principal, route, key) in (
         select principal, route, key from idempotency_keys
         where created_at < now() - interval '${keptHours} hours' limit ${cleaningBatch} for update skip locked)
       returning key`,
    );
    return deleted.length;
  }

  private async deleteOldQuietly(): Promise<void> {
    try {
      while ((await this.deleteOld()) === cleaningBatch);
    } catch (error) {
      this.logger.warn(`old keys stay until the next look: ${error instanceof Error ? error.name : 'unknown'}`);
    }
  }

  private async takeOver(request: KeyedRequest, requestId: string): Promise<Lease> {
    const [row] = await this.statement<{ locked_until: string; request_id: string }>(
      `update idempotency_keys set locked_until = now() + interval '${this.leaseSeconds} seconds', request_id = coalesce(request_id, $4)
       where principal = $1 and route = $2 and key = $3 and status is null and locked_until <= now()
       returning locked_until::text, request_id`,
      [request.principal, request.route, request.key, requestId],
    );
    if (!row) throw inProgress();
    return { ...request, requestId: row.request_id, lockedUntil: row.locked_until };
  }

  private open(request: KeyedRequest, sealed: Uint8Array, keyId: string): StoredAnswer {
    const text = Buffer.from(this.keyring.decrypt(sealed, keyId, contextOf(request))).toString();
    return JSON.parse(text) as StoredAnswer;
  }

  private statement<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return rowsOf<Row>(this.database.dataSource.manager, sql, parameters);
  }
}

/** Binds an answer to its request: moved to another row, it can't be opened. */
function contextOf({ principal, route, key }: KeyedRequest): string {
  return `idempotency\n${principal}\n${route}\n${key}`;
}

function inProgress(): DomainError {
  return new DomainError('request-in-progress', 'a request with this idempotency key is being answered');
}

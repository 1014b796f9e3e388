import type { Client as PostgresClient } from 'pg';
import { rowsOf, type Database } from '../database/index.js';

export interface OutboxMessage {
  sequence: string;
  id: string;
  program_id: string;
  kind: 'workflow_start' | 'workflow_signal' | 'mail' | 'rail_event';
  subject_id: string;
  payload: unknown;
  attempts: number;
}

/**
 * Delivers one message; it may be given the same message again, so what it does must be harmless twice. An error whose
 * `permanent` is true ends the message: no repeat could deliver it.
 */
export type Deliver = (message: OutboxMessage) => Promise<void>;

export interface DispatcherOptions {
  database: Database;
  deliver: Record<OutboxMessage['kind'], Deliver>;
  /** Told of a failed delivery: the message's id, never its content. */
  onFailure: (message: OutboxMessage, error: unknown) => void;
  /** A connection of its own that listens for new messages; without it only the interval wakes the dispatcher. */
  listener?: PostgresClient;
  intervalMs?: number;
  batchSize?: number;
}

/** How long a claimed message stays out of others' reach; a dispatcher that died leaves it to the next one after this. */
const leaseMs = 30_000;
const maxBackoffMs = 300_000;

/**
 * Claims due messages, delivers them side by side and marks them. A claim is a lease, not a lock: no transaction stays
 * open while something outside is called. Any number of dispatchers may run.
 */
export class OutboxDispatcher {
  private stopped = false;
  private wake: () => void = () => undefined;
  private loop: Promise<void> | undefined;

  constructor(private readonly options: DispatcherOptions) {}

  async start(): Promise<void> {
    const { listener } = this.options;
    if (listener) {
      listener.on('notification', () => this.wake());
      await listener.query('listen outbox_messages');
    }
    this.loop = this.run();
  }

  /** Ends after the deliveries that are on their way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.loop;
  }

  /** Delivers what is due now; how many messages that were. */
  async deliverDue(): Promise<number> {
    const messages = await this.claim();
    await Promise.all(messages.map((message) => this.deliverOne(message)));
    return messages.length;
  }

  private async run(): Promise<void> {
    const { intervalMs = 500, onFailure } = this.options;
    while (!this.stopped) {
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      let delivered = 0;
      try {
        delivered = await this.deliverDue();
      } catch (error) {
        onFailure(
          { sequence: '', id: 'outbox', program_id: '', kind: 'mail', subject_id: '', payload: {}, attempts: 0 },
          error,
        );
      }
      if (delivered === 0 && !this.stopped) await Promise.race([woken, pause(intervalMs)]);
    }
  }

  private async claim(): Promise<OutboxMessage[]> {
    const { database, batchSize = 50 } = this.options;
    return rowsOf<OutboxMessage>(
      database.dataSource.manager,
      `update outbox_messages set available_at = now() + $2 * interval '1 millisecond', attempts = attempts + 1
       where sequence in (select sequence from outbox_messages
                          where delivered_at is null and kind <> 'domain_event' and available_at <= now()
                          order by available_at, sequence limit $1 for update skip locked)
       returning sequence, id, program_id, kind, subject_id, payload, attempts`,
      [batchSize, leaseMs],
    );
  }

  private async deliverOne(message: OutboxMessage): Promise<void> {
    const { database, deliver, onFailure } = this.options;
    try {
      await deliver[message.kind](message);
      await database.query(`update outbox_messages set delivered_at = now(), last_error = null where sequence = $1`, [
        message.sequence,
      ]);
    } catch (error) {
      onFailure(message, error);
      const isFinal = (error as { permanent?: unknown } | undefined)?.permanent === true;
      const delayMs = Math.min(maxBackoffMs, 250 * 2 ** Math.min(message.attempts, 20));
      await database.query(
        `update outbox_messages set available_at = now() + $2 * interval '1 millisecond', last_error = $3,
           delivered_at = case when $4 then now() end
         where sequence = $1`,
        [message.sequence, delayMs, error instanceof Error ? error.name : 'unknown', isFinal],
      );
    }
  }
}

/** A pause that doesn't keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

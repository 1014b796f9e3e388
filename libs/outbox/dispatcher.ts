import type { Client as PostgresClient } from 'pg';
import { rowsOf, type Database } from '../database/index.js';

export interface OutboxMessage {
  sequence: string;
  id: string;
  program_id: string;
  kind: 'workflow_start' | 'workflow_signal' | 'program_schedules' | 'mail' | 'mail_event' | 'rail_event';
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
  onFailure: (message: Pick<OutboxMessage, 'id' | 'kind' | 'attempts'>, error: unknown) => void;
  /** A connection of its own that listens for new messages; without it only the interval wakes the dispatcher. */
  listener?: PostgresClient;
  intervalMs?: number;
  /** How many messages of one kind are on their way at a time. */
  slots?: number;
  /** How long a claimed message stays out of others' reach unless its claim is renewed. */
  leaseMs?: number;
}

const maxBackoffMs = 300_000;

/**
 * Claims due messages, delivers them side by side and marks them. A claim is a lease that is renewed while the delivery
 * lasts, not a lock: no transaction stays open while something outside is called, and what a dispatcher that died had
 * claimed falls to the next one. Any number of dispatchers may run. Each kind has slots of its own, so that a mail server
 * that does not answer delays mails and nothing else.
 */
export class OutboxDispatcher {
  private readonly lanes: readonly Lane[];
  private renewal: NodeJS.Timeout | undefined;
  private loops: Promise<unknown> | undefined;

  constructor(private readonly options: DispatcherOptions) {
    this.lanes = (Object.keys(options.deliver) as OutboxMessage['kind'][]).map((kind) => new Lane(kind, options));
  }

  async start(): Promise<void> {
    const { listener, leaseMs = defaultLeaseMs } = this.options;
    if (listener) {
      listener.on('notification', ({ payload }) => this.wake(payload));
      await listener.query('listen outbox_messages');
    }
    this.renewal = setInterval(() => this.lanes.forEach((lane) => void lane.renew()), leaseMs / 3).unref();
    this.loops = Promise.all(this.lanes.map((lane) => lane.run()));
  }

  /** Ends after the deliveries that are on their way. */
  async stop(): Promise<void> {
    this.lanes.forEach((lane) => lane.stop());
    await this.loops;
    clearInterval(this.renewal);
  }

  /** Delivers what is due now and waits for it; how many messages that were. */
  async deliverDue(): Promise<number> {
    return (await Promise.all(this.lanes.map((lane) => lane.deliverDue()))).reduce((sum, count) => sum + count, 0);
  }

  private wake(kind: string | undefined): void {
    for (const lane of this.lanes) if (!kind || lane.kind === kind) lane.wake();
  }
}

const defaultLeaseMs = 30_000;
const defaultSlots = 50;
const defaultIntervalMs = 500;

/** The messages of one kind on their way. */
class Lane {
  private stopped = false;
  private wakeUp: () => void = () => undefined;
  private readonly underWay = new Map<string, { message: OutboxMessage; delivery: Promise<void> }>();
  private readonly slots: number;
  private readonly leaseMs: number;

  constructor(
    readonly kind: OutboxMessage['kind'],
    private readonly options: DispatcherOptions,
  ) {
    this.slots = options.slots ?? defaultSlots;
    this.leaseMs = options.leaseMs ?? defaultLeaseMs;
  }

  wake(): void {
    this.wakeUp();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  async deliverDue(): Promise<number> {
    const messages = await this.claim(this.slots);
    await Promise.all(messages.map((message) => this.deliver(message)));
    return messages.length;
  }

  /** Fills free slots whenever it is woken, by a new message, by a slot that came free or by the interval. */
  async run(): Promise<void> {
    const { intervalMs = defaultIntervalMs } = this.options;
    while (!this.stopped) {
      const woken = new Promise<void>((resolve) => (this.wakeUp = resolve));
      const free = this.slots - this.underWay.size;
      const messages = free > 0 ? await this.claimQuietly(free) : [];
      // Only a full claim tells that more may be waiting for the next free slot.
      const mayBeMore = messages.length === free;
      for (const message of messages) this.begin(message, mayBeMore);
      if (messages.length < free || free === 0) await Promise.race([woken, pause(intervalMs)]);
    }
    await Promise.all([...this.underWay.values()].map(({ delivery }) => delivery));
  }

  /** Keeps what is under way out of others' reach; a claim that was lost meanwhile stays lost. */
  async renew(): Promise<void> {
    const mine = [...this.underWay.values()].map(({ message }) => message);
    if (mine.length === 0) return;
    try {
      await this.options.database.query(
        `update outbox_messages m set available_at = now() + $3 * interval '1 millisecond'
         from unnest($1::bigint[], $2::int[]) as mine (sequence, attempts)
         where m.sequence = mine.sequence and m.attempts = mine.attempts and m.delivered_at is null`,
        [mine.map(({ sequence }) => sequence), mine.map(({ attempts }) => attempts), this.leaseMs],
      );
    } catch (error) {
      this.options.onFailure({ id: 'renewal', kind: this.kind, attempts: 0 }, error);
    }
  }

  private begin(message: OutboxMessage, wakesAfterwards: boolean): void {
    const delivery = this.deliver(message).finally(() => {
      this.underWay.delete(message.sequence);
      if (wakesAfterwards) this.wake();
    });
    this.underWay.set(message.sequence, { message, delivery });
  }

  private async claimQuietly(limit: number): Promise<OutboxMessage[]> {
    try {
      return await this.claim(limit);
    } catch (error) {
      this.options.onFailure({ id: 'claim', kind: this.kind, attempts: 0 }, error);
      return [];
    }
  }

  private claim(limit: number): Promise<OutboxMessage[]> {
    return rowsOf<OutboxMessage>(
      this.options.database.dataSource.manager,
      `update outbox_messages set available_at = now() + $3 * interval '1 millisecond', attempts = attempts + 1
       where sequence in (select sequence from outbox_messages
                          where delivered_at is null and kind <> 'domain_event' and kind = $1 and available_at <= now()
                          order by available_at, sequence limit $2 for update skip locked)
       returning sequence, id, program_id, kind, subject_id, payload, attempts`,
      [this.kind, limit, this.leaseMs],
    );
  }

  private async deliver(message: OutboxMessage): Promise<void> {
    const { deliver, onFailure } = this.options;
    try {
      await deliver[this.kind](message);
    } catch (error) {
      onFailure(message, error);
      return this.note(message, error);
    }
    return this.note(message);
  }

  /**
   * Writes down how a delivery ended, unless another dispatcher has the message by now. That it can't be written costs
   * another delivery, once the lease has ended.
   */
  private async note(message: OutboxMessage, error?: unknown): Promise<void> {
    const isFinal = error === undefined || isPermanent(error);
    const delayMs = Math.min(maxBackoffMs, 250 * 2 ** Math.min(message.attempts, 20));
    try {
      await this.options.database.query(
        `update outbox_messages set last_error = $3, delivered_at = case when $4 then now() end,
           available_at = case when $4 then available_at else now() + $5 * interval '1 millisecond' end
         where sequence = $1 and attempts = $2 and delivered_at is null`,
        [message.sequence, message.attempts, error === undefined ? null : nameOf(error), isFinal, delayMs],
      );
    } catch (failure) {
      this.options.onFailure(message, failure);
    }
  }
}

function isPermanent(error: unknown): boolean {
  return error instanceof Error && 'permanent' in error && error.permanent === true;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** A pause that doesn't keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

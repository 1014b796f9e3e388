import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { Actor } from '../orchestration/index.js';
import { CommissionsService, maxEventsPerBatch } from './commissions.service.js';
import type { EventResult } from './event-results.js';

/** A single report that waits for its turn. */
interface Waiting {
  event: unknown;
  actor: Actor;
  resolve: (result: EventResult) => void;
  reject: (error: unknown) => void;
}

/** The reports of one sender to one program. */
interface Queue {
  readonly waiting: Waiting[];
  /** The database transactions that take some of them in now. */
  readonly running: Set<Running>;
}

interface Running {
  /** Epoch milliseconds. */
  readonly begunMs: number;
}

/**
 * One transaction at a time takes in the reports of one sender: another would wait for the same partners' money, and leave
 * less to take in together. Only where one takes long, as when a partner's money is locked, the others go past it, and again
 * one at a time.
 */
const patienceMs = 100;
const maxAbreast = 4;

/**
 * Takes single reports in. Those of one sender that come while others are being taken in go together in the next database
 * transaction: so the more come, the less each costs, and a report that comes alone never waits.
 */
@Injectable()
export class EventIntake {
  private readonly queues = new Map<string, Queue>();

  constructor(
    private readonly commissions: CommissionsService,
    private readonly clock: Clock,
  ) {}

  /**
   * What became of one event, once it is stored, priced and booked. What changes with reports that are taken in together
   * names the request of the first of them.
   */
  report(programId: string, event: unknown, actor: Actor): Promise<EventResult> {
    const key = JSON.stringify([programId, actor.actorId]);
    const queue = this.queues.get(key) ?? { waiting: [], running: new Set() };
    this.queues.set(key, queue);
    return new Promise((resolve, reject) => {
      queue.waiting.push({ event, actor, resolve, reject });
      void this.run(programId, key, queue);
    });
  }

  private mayBegin({ waiting, running }: Queue): boolean {
    const nowMs = this.clock.now().getTime();
    const isEachLong = [...running].every(({ begunMs }) => nowMs - begunMs > patienceMs);
    return waiting.length > 0 && running.size < maxAbreast && isEachLong;
  }

  /** Takes in what waits, until nothing does or another transaction goes on with it. */
  private async run(programId: string, key: string, queue: Queue): Promise<void> {
    while (this.mayBegin(queue)) {
      const running = { begunMs: this.clock.now().getTime() };
      queue.running.add(running);
      await this.takeIn(programId, queue.waiting.splice(0, maxEventsPerBatch));
      queue.running.delete(running);
    }
    if (queue.waiting.length === 0 && queue.running.size === 0) this.queues.delete(key);
  }

  /** Together, and one by one where that fails: what is wrong with one must not become that of others. */
  private async takeIn(programId: string, reports: readonly Waiting[]): Promise<void> {
    try {
      const events = reports.map(({ event }) => event);
      const results = await this.commissions.ingest(programId, events, reports[0]!.actor);
      // After what waits has gone to the database: the answers are written while it works.
      setImmediate(() => reports.forEach(({ resolve }, index) => resolve(results[index]!)));
    } catch (error) {
      if (reports.length === 1) return reports[0]!.reject(error);
      for (const report of reports) await this.takeIn(programId, [report]);
    }
  }
}

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
  waiting: Waiting[];
  /** How many database transactions take some of them in. */
  running: number;
  /** When the last of these began, in epoch milliseconds. */
  begunMs: number;
}

/**
 * One transaction at a time takes in the reports of one sender: another would wait for the same partners' money, and leave
 * less to take in together. Only where one takes long, as when a partner's money is locked, others go past it.
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
    const queue = this.queues.get(key) ?? { waiting: [], running: 0, begunMs: 0 };
    this.queues.set(key, queue);
    return new Promise((resolve, reject) => {
      queue.waiting.push({ event, actor, resolve, reject });
      if (queue.running === 0 || this.isStuck(queue)) void this.run(programId, key, queue);
    });
  }

  private isStuck({ running, begunMs }: Queue): boolean {
    return running < maxAbreast && this.clock.now().getTime() - begunMs > patienceMs;
  }

  /** Takes in what waits until nothing does. */
  private async run(programId: string, key: string, queue: Queue): Promise<void> {
    queue.running += 1;
    while (queue.waiting.length > 0) {
      queue.begunMs = this.clock.now().getTime();
      await this.takeIn(programId, queue.waiting.splice(0, maxEventsPerBatch));
    }
    queue.running -= 1;
    if (queue.running === 0) this.queues.delete(key);
  }

  /** Together, and one by one where that fails: what is wrong with one must not become that of others. */
  private async takeIn(programId: string, reports: readonly Waiting[]): Promise<void> {
    try {
      const events = reports.map(({ event }) => event);
      const results = await this.commissions.ingest(programId, events, reports[0]!.actor);
      reports.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      if (reports.length === 1) return reports[0]!.reject(error);
      for (const report of reports) await this.takeIn(programId, [report]);
    }
  }
}

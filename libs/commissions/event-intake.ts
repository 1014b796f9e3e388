import { Injectable } from '@nestjs/common';
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
  running: number;
}

/**
 * How many database transactions take in the single reports of one sender at a time. One alone would let all wait where one
 * partner's money is locked for long; more would leave less to take in together.
 */
const maxAbreast = 2;

/**
 * Takes single reports in. Those of one sender that come while others are being taken in go together in the next database
 * transaction: so the more come, the less each costs, and a report that comes alone never waits.
 */
@Injectable()
export class EventIntake {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly commissions: CommissionsService) {}

  /**
   * What became of one event, once it is stored, priced and booked. What changes with reports that are taken in together
   * names the request of the first of them.
   */
  report(programId: string, event: unknown, actor: Actor): Promise<EventResult> {
    const key = JSON.stringify([programId, actor.actorId]);
    const queue = this.queues.get(key) ?? { waiting: [], running: 0 };
    this.queues.set(key, queue);
    return new Promise((resolve, reject) => {
      queue.waiting.push({ event, actor, resolve, reject });
      if (queue.running < maxAbreast) void this.run(programId, key, queue);
    });
  }

  /** Takes in what waits until nothing does. */
  private async run(programId: string, key: string, queue: Queue): Promise<void> {
    queue.running += 1;
    while (queue.waiting.length > 0) {
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

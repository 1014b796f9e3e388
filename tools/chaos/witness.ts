import type { EventResult } from '../client/index.js';

/** An event that the API took in, as it was sent. */
export interface WitnessedEvent {
  programId: string;
  body: Readonly<Record<string, unknown>> & { id: string };
}

/** An act on a thing that leaves one fact in the audit trail each time that it is done. */
export interface WitnessedAct {
  subjectId: string;
  /** As the audit trail names it: `payout_batch.submit`. */
  action: string;
}

/** What clients asked for and were answered: what the product's own rows are held against at rest. */
export class Witness {
  readonly events = new Map<string, WitnessedEvent>();
  /** How often each act was answered with a success, by subject and action. */
  private readonly done = new Map<string, WitnessedAct & { times: number }>();
  /** What was seen on the way that must not be. */
  readonly oddities: string[] = [];
  /** Requests that were answered, refused, sent again after an answer that was no end, by name. */
  readonly counts = new Map<string, number>();
  /** Answers that say that something is broken on the product's side, by request and answer. */
  readonly defects = new Map<string, number>();

  count(name: string, times = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + times);
  }

  defect(request: string): void {
    this.defects.set(request, (this.defects.get(request) ?? 0) + 1);
  }

  /** Events of one request and what the API said of each; all of them are as they should be, so none may be refused. */
  reported(programId: string, bodies: readonly WitnessedEvent['body'][], results: readonly EventResult[]): void {
    bodies.forEach((body, index) => {
      const result = results[index];
      if (result?.id === body.id && result.status !== 'refused') {
        this.events.set(`${programId}/${body.id}`, { programId, body });
        this.count(`events ${result.status}`);
      } else {
        const why =
          result === undefined ? 'was not answered' : `was ${result.status}: ${result.problem?.message ?? ''}`;
        this.oddities.push(`event ${body.id} ${why}`);
      }
    });
  }

  did({ subjectId, action }: WitnessedAct): void {
    const key = `${subjectId} ${action}`;
    this.done.set(key, { subjectId, action, times: (this.done.get(key)?.times ?? 0) + 1 });
    this.count(action);
  }

  get acts(): Iterable<WitnessedAct & { times: number }> {
    return this.done.values();
  }
}

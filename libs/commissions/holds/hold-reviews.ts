import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/index.js';
import { Database, rowsOf, type Transaction } from '../../database/index.js';
import { elapsedMs } from '../../kernel/elapsed.js';
import type { Actor } from '../../orchestration/actor.js';
import type { CutOffRun } from '../../orchestration/cut-off-run.js';
import { Outbox } from '../../outbox/index.js';
import { readMoneySettings, type HoldSettings } from '../../programs/index.js';
import { holdColumns, type HoldRow } from './hold-rows.js';
import { hasRules, RuleHolds } from './hold-rules.js';

const eventsPerTransaction = 2_000;
const holdsPerTransaction = 1_000;
/** Longer than any transaction that takes events in may last: what it stored is seen by the next look at the latest. */
const overlapMs = 3_600_000;
/** How far the first look goes back; what was not vested before it is looked at when it vests. */
const firstLookMs = 31 * 86_400_000;

export interface HoldReview {
  /** Events that were looked at. */
  examined: number;
  placed: number;
  /** Holds whose owners were asked for a decision. */
  asked: number;
}

interface Place {
  received_at: string;
  id: string;
}

/** Looks at new events by the program's rules, and asks for the decisions that are overdue. Repeatable. */
@Injectable()
export class HoldReviews {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly rules: RuleHolds,
  ) {}

  /** `signal` ends it between two pages: the next run goes on. */
  async run(
    { programId, cutOffMs, actorId, requestId }: CutOffRun,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<HoldReview> {
    const cutOff = new Date(cutOffMs);
    const actor = requestId === undefined ? { actorId } : { actorId, requestId };
    const { holds: settings } = await readMoneySettings(this.database.dataSource.manager, programId);
    const looked = hasRules(settings.rules)
      ? await this.examineNew(programId, cutOff, actor, signal)
      : { examined: 0, placed: 0 };
    return { ...looked, asked: await this.askForDecisions(programId, cutOff, settings, actor) };
  }

  private async examineNew(programId: string, cutOff: Date, actor: Actor, signal: AbortSignal | undefined) {
    const [mark] = await this.database.query<{ reviewed_until: Date }>(
      `select reviewed_until from hold_reviews where program_id = $1`,
      [programId],
    );
    const sinceMs = mark ? mark.reviewed_until.getTime() - overlapMs : cutOff.getTime() - firstLookMs;
    const result = { examined: 0, placed: 0 };
    for (let after: Place = { received_at: new Date(sinceMs).toISOString(), id: '' }; ;) {
      signal?.throwIfAborted();
      const page = await this.database.inTransaction(async (tx) => {
        const found = await unvestedSince(tx, programId, after, cutOff);
        const eventIds = found.map(({ id }) => id);
        const placed = await this.rules.examine(tx, { programId, eventIds, at: cutOff }, actor);
        await this.mailOwners(tx, programId, placed, 'placed');
        return { found, placed: placed.length };
      });
      result.examined += page.found.length;
      result.placed += page.placed;
      const last = page.found.at(-1);
      if (!last || page.found.length < eventsPerTransaction) break;
      after = last;
    }
    await this.database.query(
      `insert into hold_reviews (program_id, reviewed_until) values ($1, $2)
       on conflict (program_id) do update set reviewed_until = greatest(hold_reviews.reviewed_until, excluded.reviewed_until)`,
      [programId, cutOff],
    );
    return result;
  }

  /** Holds that have expired become overdue and ask, again and again, until somebody decides. None lets go by itself. */
  private async askForDecisions(programId: string, cutOff: Date, { askEvery }: HoldSettings, actor: Actor) {
    for (let asked = 0; ;) {
      const rows = await this.database.inTransaction(async (tx) => {
        const due = await this.markAsked(tx, programId, cutOff, elapsedMs(askEvery));
        await this.audit.recordAll(
          tx,
          due.map(({ id: subjectId, was }) => {
            return { ...actor, programId, action: 'line_hold.ask', subjectId, fromState: was, toState: 'overdue' };
          }),
        );
        const events = due.map(({ id: subjectId, cause, owner_role: ownerRole }) => {
          return { type: 'line_hold.overdue' as const, subjectId, data: { cause, ownerRole } };
        });
        await this.outbox.announceAll(tx, programId, events);
        await this.mailOwners(tx, programId, due, 'overdue');
        return due;
      });
      asked += rows.length;
      if (rows.length < holdsPerTransaction) return asked;
    }
  }

  private markAsked(tx: Transaction, programId: string, cutOff: Date, askEveryMs: number) {
    return rowsOf<HoldRow & { was: HoldRow['state'] }>(
      tx,
      `update line_holds h set state = 'overdue', asked_at = $2
       from (select id, state from line_holds
             where program_id = $1 and ((state = 'open' and expires_at <= $2)
               or (state = 'overdue' and asked_at <= $2::timestamptz - $3 * interval '1 millisecond'))
             order by id limit $4 for update skip locked) due
       where h.id = due.id returning ${holdColumns}, due.state as was`,
      [programId, cutOff, askEveryMs, holdsPerTransaction],
    );
  }

  /** One mail to each role, however many holds wait for it. */
  private async mailOwners(
    tx: Transaction,
    programId: string,
    holds: readonly HoldRow[],
    what: 'placed' | 'overdue',
  ): Promise<void> {
    const counts = new Map<string, number>();
    for (const { owner_role } of holds) counts.set(owner_role, (counts.get(owner_role) ?? 0) + 1);
    for (const [role, count] of counts) {
      const template = what === 'placed' ? 'line-holds-placed' : 'line-holds-overdue';
      await this.outbox.mail(tx, programId, { template, subjectId: programId, to: { role }, details: { count } });
    }
  }
}

/** The next events, in the order of their arrival, that have earned something which hasn't vested. */
function unvestedSince(tx: Transaction, programId: string, after: Place, until: Date): Promise<Place[]> {
  return rowsOf<Place>(
    tx,
    `select e.received_at::text as received_at, e.id from events e
     where e.program_id = $1 and e.received_at >= $2::timestamptz and (e.received_at, e.id) > ($2::timestamptz, $3)
       and e.received_at < $4 and e.type not in ('refund', 'void')
       and exists (select from commission_lines l where l.program_id = e.program_id and l.event_id = e.id
                   and l.vested_minor <> l.amount_minor)
     order by e.received_at, e.id limit $5`,
    [programId, after.received_at, after.id, until, eventsPerTransaction],
  );
}

import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { readMoneySettings } from '../programs/index.js';
import { storedEvents } from '../tracking/index.js';
import { disputeStates, subjectKey, type DisputeSubject } from './domain/index.js';
import { disputeColumns, lockDispute, type DisputeRow } from './dispute-rows.js';

export interface DisputeOpening extends Actor {
  programId: string;
  partnerId: string;
  subject: DisputeSubject;
  /** What the partner says. */
  text: string;
}

/** What partners do with disputes: open them and take them back. */
@Injectable()
export class DisputesService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Opens a dispute, to be answered by the program's deadline.
   * @throws DomainError `not-found` (no such event or line of this partner), `already-exists` (one is open about the same)
   */
  open(opening: DisputeOpening): Promise<DisputeRow> {
    const { programId, partnerId, subject, actorId, requestId } = opening;
    return this.database.inTransaction(async (tx) => {
      await assertOwn(tx, opening);
      const { disputes: settings } = await readMoneySettings(tx, programId);
      const made = await this.insert(tx, opening, settings);
      if (!made) return this.repeated(tx, opening);
      const { id: subjectId, due_at } = made;
      const details = { subject: subject.kind, dueAt: due_at.toISOString() };
      const fact = { actorId, ...(requestId !== undefined && { requestId }), programId, subjectId };
      const about = { partnerId, ...(made.event_id !== null && { eventId: made.event_id }) };
      await this.audit.record(tx, {
        ...fact,
        action: 'dispute.open',
        toState: 'open',
        details: { ...details, ...about },
      });
      await this.outbox.announce(tx, programId, { type: 'dispute.opened', subjectId, data: details });
      const to = { role: settings.ownerRole };
      await this.outbox.mail(tx, programId, { template: 'dispute-opened', subjectId, to });
      return made;
    });
  }

  /** @throws DomainError `not-found`, `illegal-transition` */
  withdraw({ disputeId, actorId, requestId }: Actor & { disputeId: string }): Promise<DisputeRow> {
    return this.database.inTransaction(async (tx) => {
      const before = await lockDispute(tx, disputeId);
      const subject = { programId: before.program_id, subjectId: before.id, action: 'dispute.withdraw' };
      const fact = { actorId, ...(requestId !== undefined && { requestId }), ...subject };
      if (await this.audit.wasRecorded(tx, fact)) return before;
      const state = disputeStates.next(before.state, 'withdraw');
      const after = await rowOf<DisputeRow>(
        tx,
        `update disputes d set state = $2, state_since = $3, adjustment_minor = null, currency = null
         where d.id = $1 returning ${disputeColumns}`,
        [before.id, state, this.clock.now()],
      );
      await this.audit.record(tx, { ...fact, fromState: before.state, toState: state });
      await this.outbox.announce(tx, before.program_id, { type: 'dispute.withdrawn', subjectId: before.id });
      return after ?? before;
    });
  }

  private insert(
    tx: Transaction,
    { programId, partnerId, subject, text, actorId }: DisputeOpening,
    { answerWithin, remindBefore }: { answerWithin: string; remindBefore: string },
  ): Promise<DisputeRow | undefined> {
    const now = this.clock.now();
    const dueAt = new Date(now.getTime() + elapsedMs(answerWithin));
    const remindAt = new Date(Math.max(now.getTime(), dueAt.getTime() - elapsedMs(remindBefore)));
    return rowOf<DisputeRow>(
      tx,
      `insert into disputes as d (id, program_id, partner_id, subject, subject_key, event_id, rule_id, facts, text, state, due_at,
         remind_at, opened_by, opened_at, state_since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11, $12, $13, $13)
       on conflict (partner_id, subject_key) where state in ('open', 'awaiting_approval') do nothing returning ${disputeColumns}`,
      [
        ...[newId('dsp'), programId, partnerId, subject.kind, subjectKey(subject)],
        subject.kind === 'missing' ? null : subject.eventId,
        subject.kind === 'line' ? subject.rule : null,
        JSON.stringify(subject.kind === 'missing' ? subject.facts : {}),
        ...[text, dueAt, remindAt, actorId, now],
      ],
    );
  }

  /** The dispute that this very request has opened before. @throws DomainError `already-exists` for another one */
  private async repeated(tx: Transaction, { partnerId, subject, ...actor }: DisputeOpening): Promise<DisputeRow> {
    const row = await rowOf<DisputeRow>(
      tx,
      `select ${disputeColumns} from disputes d
       where d.partner_id = $1 and d.subject_key = $2 and d.state in ('open', 'awaiting_approval')`,
      [partnerId, subjectKey(subject)],
    );
    const known = row && { ...actor, subjectId: row.id, action: 'dispute.open' };
    if (row && known && (await this.audit.wasRecorded(tx, known))) return row;
    throw new DomainError('already-exists', 'a dispute about this is open already', [], { disputeId: row?.id ?? null });
  }
}

/** A partner questions its own events and lines alone; of others it learns nothing. */
async function assertOwn(tx: Transaction, { programId, partnerId, subject }: DisputeOpening): Promise<void> {
  if (subject.kind === 'missing') return;
  const stored = (await storedEvents(tx, programId, [subject.eventId])).get(subject.eventId);
  const isOwn = stored?.partnerId === partnerId || (await hasLine(tx, programId, partnerId, subject.eventId));
  if (!isOwn) throw new DomainError('not-found', 'the partner has no event with this id');
  if (subject.kind === 'line' && !(await hasLine(tx, programId, partnerId, subject.eventId, subject.rule))) {
    throw new DomainError('not-found', 'the event has no line by this rule');
  }
}

async function hasLine(tx: Transaction, programId: string, partnerId: string, eventId: string, rule?: string) {
  const row = await rowOf(
    tx,
    `select 1 from commission_lines where program_id = $1 and partner_id = $2 and event_id = $3
       and ($4::text is null or rule_id = $4) limit 1`,
    [programId, partnerId, eventId, rule ?? null],
  );
  return row !== undefined;
}

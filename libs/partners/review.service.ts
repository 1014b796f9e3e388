import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService, rejectReasonText, type ProgramDocument } from '../programs/index.js';
import { changeApplication, lockApplication, type ApplicationRow } from './application-row.js';
import { applyRules, isUndecided, webSiteHost, type ReviewFacts, type ReviewOutcome } from './domain/index.js';
import { ReferencesService } from './references.service.js';

/** A decision that a program's policy makes by itself. */
export interface PolicyDecision {
  action: 'approve' | 'reject';
  /** The rule; `reapplied-too-early` for the window after a rejection. */
  rule: string;
  reason: string;
  reasonCode?: string;
}

export const reappliedTooEarly = 'reapplied-too-early';

/** The review of applications: how it begins, what people tick and to whom it is given, its reminders. */
@Injectable()
export class ReviewService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly references: ReferencesService,
  ) {}

  /**
   * Begins the review of a locked row that is `in_review`: looks for duplicates, applies the rules, gives it to the next
   * reviewer, asks the references, sets the deadlines. The decision that the policy makes by itself, where it makes one.
   */
  async begin(
    tx: Transaction,
    row: ApplicationRow,
    { document }: { document: ProgramDocument },
  ): Promise<{ row: ApplicationRow; decision: PolicyDecision | undefined }> {
    const { review } = document;
    const now = this.clock.now();
    const outcome = applyRules(review.rules, await this.facts(tx, row));
    const decision = (await this.tooEarly(tx, row, document)) ?? outcome.decision;
    await this.keepFlags(tx, row, outcome);
    const reviewerId = decision ? null : await this.nextReviewer(tx, row.program_id, review.reviewers);
    const dueAt = row.decision_due_at ?? new Date(now.getTime() + elapsedMs(review.decisionWithin));
    const escalateAt = review.escalation
      ? new Date(Math.max(now.getTime(), dueAt.getTime() - elapsedMs(review.escalation.before)))
      : null;
    const begun = await changeApplication(tx, row.id, {
      review_since: now,
      score: outcome.score,
      reviewer_id: reviewerId,
      decision_due_at: dueAt,
      next_reminder_at: nextReminder(document, 0, now),
      escalate_at: escalateAt,
      references_due_at: decision ? null : await this.references.ask(tx, row, document),
    });
    await this.audit.record(tx, {
      ...systemActor,
      programId: row.program_id,
      action: 'application.begin_review',
      subjectId: row.id,
      details: { score: outcome.score, flags: outcome.flags.map(({ rule }) => rule), reviewerId },
    });
    await this.outbox.announce(tx, row.program_id, {
      type: 'application.review_begun',
      subjectId: row.id,
      data: { score: outcome.score, isFlagged: outcome.flags.length > 0, reviewerId },
    });
    return { row: begun, decision };
  }

  /** Applies the rules again, to answers that changed: the score and the flags follow, nothing is decided. */
  async rescore(tx: Transaction, row: ApplicationRow, document: ProgramDocument): Promise<ReviewOutcome> {
    const outcome = applyRules(document.review.rules, await this.facts(tx, row));
    await this.keepFlags(tx, row, outcome);
    return outcome;
  }

  /** @throws DomainError `checklist-incomplete` with the items that an approval still needs */
  async requireChecklist(tx: Transaction, row: ApplicationRow, document: ProgramDocument): Promise<void> {
    const required = document.review.checklist.filter((item) => item.required).map(({ id }) => id);
    if (required.length === 0) return;
    const sql = `select item from application_checks where application_id = $1`;
    const done = (await rowsOf<{ item: string }>(tx, sql, [row.id])).map(({ item }) => item);
    const open = required.filter((item) => !done.includes(item));
    if (open.length === 0) return;
    const errors = open.map((item) => ({ pointer: `/checklist/${item}`, message: 'is not ticked' }));
    throw new DomainError('checklist-incomplete', 'an approval needs the whole checklist', errors);
  }

  /** @throws DomainError `invalid-document` for a code that the program has no reason for */
  requireReason({ review }: ProgramDocument, code: string): void {
    if (rejectReasonText(review, code) !== undefined) return;
    const known = review.rejectReasons.map((one) => one.code).join(', ');
    const message = known === '' ? 'the program has no reasons to choose from' : `must be one of ${known}`;
    throw new DomainError('invalid-document', 'there is no such reason', [{ pointer: '/reasonCode', message }]);
  }

  /**
   * Ticks an item of the checklist, or takes the tick back.
   * @throws DomainError `not-found` (no such item), `illegal-transition` once it is decided
   */
  tick(
    applicationId: string,
    { item, isDone, note }: { item: string; isDone: boolean; note?: string | undefined },
    actor: Actor,
  ): Promise<void> {
    return this.act(applicationId, async (tx, row, document) => {
      if (!document.review.checklist.some(({ id }) => id === item)) {
        throw new DomainError('not-found', `the checklist has no item ${item}`);
      }
      const at = this.clock.now();
      if (isDone) {
        await tx.query(
          `insert into application_checks (program_id, application_id, item, checked_by, checked_at, note)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (application_id, item) do update set checked_by = $4, checked_at = $5, note = $6`,
          [row.program_id, row.id, item, actor.actorId, at, note ?? null],
        );
      } else {
        await tx.query(`delete from application_checks where application_id = $1 and item = $2`, [row.id, item]);
      }
      const action = isDone ? 'application.tick' : 'application.untick';
      await this.note(tx, row, actor, { action, details: { item } });
    });
  }

  /**
   * Gives an application to a reviewer.
   * @throws DomainError `invalid-document` for somebody whom the program does not list, where it lists anybody
   */
  assign(applicationId: string, reviewerId: string, actor: Actor): Promise<void> {
    return this.act(applicationId, async (tx, row, document) => {
      const { reviewers } = document.review;
      if (reviewers.length > 0 && !reviewers.includes(reviewerId)) {
        const errors = [{ pointer: '/reviewerId', message: 'is none of the reviewers of the program' }];
        throw new DomainError('invalid-document', 'the reviewer is not known', errors);
      }
      await changeApplication(tx, row.id, { reviewer_id: reviewerId });
      await this.note(tx, row, actor, { action: 'application.assign', details: { reviewerId } });
      const event = { type: 'application.assigned' as const, subjectId: row.id, data: { reviewerId } };
      await this.outbox.announce(tx, row.program_id, event);
    });
  }

  /** Reminds the company of a locked row that waits; the next reminder counts from `at`. */
  async remind(tx: Transaction, row: ApplicationRow, document: ProgramDocument, at: Date): Promise<ApplicationRow> {
    const sent = row.reminders_sent + 1;
    await this.outbox.mail(tx, row.program_id, {
      template: 'application-review-reminder',
      subjectId: row.id,
      to: { role: 'partner_manager' },
      details: { number: sent },
    });
    await this.note(tx, row, systemActor, { action: 'application.remind', details: { number: sent } });
    const event = { type: 'application.reminded' as const, subjectId: row.id, data: { number: sent } };
    await this.outbox.announce(tx, row.program_id, event);
    const next = nextReminder(document, sent, at);
    return changeApplication(tx, row.id, { reminders_sent: sent, next_reminder_at: next });
  }

  /** Tells somebody else of a locked row whose deadline is near. */
  async escalate(tx: Transaction, row: ApplicationRow, document: ProgramDocument): Promise<ApplicationRow> {
    const role = document.review.escalation?.to ?? 'partner_manager';
    const mail = { template: 'application-review-escalated', subjectId: row.id, to: { role } };
    await this.outbox.mail(tx, row.program_id, mail);
    await this.note(tx, row, systemActor, { action: 'application.escalate', details: { role } });
    await this.outbox.announce(tx, row.program_id, {
      type: 'application.escalated',
      subjectId: row.id,
      data: { role },
    });
    return changeApplication(tx, row.id, { escalate_at: null, escalated_at: this.clock.now() });
  }

  /** What the rules look at. */
  private async facts(tx: Transaction, row: ApplicationRow): Promise<ReviewFacts> {
    const counts = await rowOf<{
      email: string | null;
      language: string;
      references: number;
      attachments: number;
      duplicates: number;
    }>(
      tx,
      `select p.email, p.language,
         (select count(*)::int from application_references r where r.application_id = $1) as references,
         (select count(*)::int from application_attachments t where t.application_id = $1) as attachments,
         (select count(distinct other.application_id)::int from application_keys own join application_keys other
            on other.program_id = own.program_id and other.kind = own.kind and other.key = own.key
            and other.application_id <> own.application_id where own.application_id = $1) as duplicates
       from persons p where p.id = $2`,
      [row.id, row.person_id],
    );
    const { email, ...rest } = counts!;
    return {
      ...rest,
      country: row.country ?? undefined,
      partnerType: row.partner_type ?? undefined,
      company: row.company ?? undefined,
      emailDomain: (email ?? '').split('@').at(-1)!.toLowerCase(),
      webSites: row.web_sites.length,
      webSiteHosts: row.web_sites.map(webSiteHost),
      form: row.form,
    };
  }

  /** The rejection of an applicant that was rejected not long ago. Answered only to whoever proved the address. */
  private async tooEarly(
    tx: Transaction,
    row: ApplicationRow,
    document: ProgramDocument,
  ): Promise<PolicyDecision | undefined> {
    const windowMs = elapsedMs(document.review.reapplyAfter);
    if (windowMs === 0) return undefined;
    const last = await rowOf<{ decided_at: Date | null }>(
      tx,
      `select max(a.decided_at) as decided_at from application_keys own
         join application_keys other on other.program_id = own.program_id and other.kind = own.kind and other.key = own.key
         join applications a on a.id = other.application_id
       where own.application_id = $1 and own.kind = 'email' and a.id <> $1 and a.stage = 'rejected'
         and a.reason_code is distinct from $2`,
      [row.id, reappliedTooEarly],
    );
    const again = last?.decided_at ? last.decided_at.getTime() + windowMs : 0;
    if (again <= this.clock.now().getTime()) return undefined;
    const day = new Date(again).toISOString().slice(0, 10);
    const reason = `An application with this mail address was rejected not long ago; a new one can be made from ${day} on.`;
    return { action: 'reject', rule: reappliedTooEarly, reason, reasonCode: reappliedTooEarly };
  }

  private async keepFlags(tx: Transaction, row: ApplicationRow, { flags }: ReviewOutcome): Promise<void> {
    const rules = flags.map(({ rule }) => rule);
    await tx.query(`delete from application_flags where application_id = $1 and not rule = any ($2)`, [row.id, rules]);
    await tx.query(
      `insert into application_flags (program_id, application_id, rule, reason, raised_at)
       select $1, $2, rule, reason, $5 from unnest($3::text[], $4::text[]) as flag (rule, reason)
       on conflict (application_id, rule) do update set reason = excluded.reason`,
      [row.program_id, row.id, rules, flags.map(({ reason }) => reason), this.clock.now()],
    );
  }

  /** Each in turn: the program's row counts, so that of two applications at once each gets another reviewer. */
  private async nextReviewer(tx: Transaction, programId: string, reviewers: readonly string[]): Promise<string | null> {
    if (reviewers.length === 0) return null;
    const sql = `update programs set review_turn = review_turn + 1 where id = $1 returning review_turn - 1 as turn`;
    const turn = Number((await rowOf<{ turn: string }>(tx, sql, [programId]))?.turn ?? 0);
    return reviewers[turn % reviewers.length]!;
  }

  private act(
    applicationId: string,
    work: (tx: Transaction, row: ApplicationRow, document: ProgramDocument) => Promise<void>,
  ): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const row = await lockApplication(tx, applicationId);
      if (!isUndecided(row.stage)) throw new DomainError('illegal-transition', `the application is ${row.stage}`);
      const { document } = await this.programs.getIn(tx, row.program_id, row.program_version);
      await work(tx, row, document);
    });
  }

  private note(
    tx: Transaction,
    row: ApplicationRow,
    { actorId, requestId }: Actor,
    fact: { action: string; details: Record<string, unknown> },
  ): Promise<void> {
    const actor = { actorId, ...(requestId === undefined ? {} : { requestId }) };
    return this.audit.record(tx, { ...actor, programId: row.program_id, subjectId: row.id, ...fact });
  }
}

/** When the next reminder goes out; null once all were sent. */
export function nextReminder({ review }: ProgramDocument, sent: number, now: Date): Date | null {
  return sent < review.maxReminders ? new Date(now.getTime() + elapsedMs(review.remindEvery)) : null;
}

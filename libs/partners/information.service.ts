import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { newId } from '../kernel/ids.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import type { AnswerInformationInput, RequestInformationInput } from '../orchestration/partner-onboarding.js';
import { Outbox } from '../outbox/index.js';
import { checkFormAnswers, ProgramsService, type FormAnswers, type ProgramDocument } from '../programs/index.js';
import type { ApplicationRow } from './application-row.js';
import { ApplicationsService } from './applications.service.js';
import { nextReminder, ReviewService } from './review.service.js';

interface RequestRow {
  id: string;
  round: number;
  asked_at: Date;
  due_at: Date;
}

/** What a question or an answer says. Stored before the workflow hears of it, which knows its id alone. */
export interface InformationText {
  text: string;
  /** Answers of the form that change with it; null takes one away. */
  form?: FormAnswers | undefined;
}

/** Questions to an applicant, in rounds: while one is open, the applicant has the word and the decision's clock stands. */
@Injectable()
export class InformationService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly applications: ApplicationsService,
    private readonly review: ReviewService,
  ) {}

  /** Stores a question or an answer that may come; its id. */
  noteText(
    { id, programId }: { id: string; programId: string },
    { text, form }: InformationText,
    authorId: string,
  ): Promise<string> {
    const messageId = newId('msg');
    return this.database.inTransaction(async (tx) => {
      await tx.query(
        `insert into information_messages (id, program_id, application_id, text, form, author_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [messageId, programId, id, text, form === undefined ? null : JSON.stringify(form), authorId, this.clock.now()],
      );
      return messageId;
    });
  }

  /**
   * Looks at an answer before it is stored.
   * @throws DomainError `not-found` (no such request), `illegal-transition` once it is closed, `invalid-document`
   */
  async checkAnswer(application: ApplicationRow, requestId: string, form?: FormAnswers): Promise<void> {
    const request = await rowOf<{ state: string; due_at: Date }>(
      this.database.dataSource.manager,
      `select state, due_at from information_requests where id = $1 and application_id = $2`,
      [requestId, application.id],
    );
    if (!request) throw new DomainError('not-found', 'there is no such thing');
    if (request.state !== 'open') throw new DomainError('illegal-transition', `the request is ${request.state}`);
    const { document } = await this.programs.get(application.program_id, application.program_version);
    if (form) checkFormAnswers(document.application, { ...application.form, ...form });
  }

  /** Opens a round on a locked row. @throws DomainError `illegal-transition`, also when all rounds are used up */
  async open(
    tx: Transaction,
    row: ApplicationRow,
    document: ProgramDocument,
    input: RequestInformationInput,
  ): Promise<void> {
    const { informationRequests: policy } = document.review;
    const now = this.clock.now();
    const dueAt = new Date(now.getTime() + elapsedMs(input.answerWithin ?? policy.answerWithin));
    const sql = `select coalesce(max(round), 0)::int as rounds from information_requests where application_id = $1`;
    const round = ((await rowOf<{ rounds: number }>(tx, sql, [row.id]))?.rounds ?? 0) + 1;
    if (round > policy.maxRounds) {
      throw new DomainError('illegal-transition', `an applicant is asked ${policy.maxRounds} times at most`);
    }
    await this.applications.move(tx, row, {
      actorId: input.actorId,
      ...requestOf(input),
      action: 'request_information',
      changes: { information_due_at: dueAt, next_reminder_at: null },
    });
    const requestId = newId('inf');
    await tx.query(
      `insert into information_requests (id, program_id, application_id, round, state, question_id, asked_by, asked_at, due_at)
       values ($1, $2, $3, $4, 'open', $5, $6, $7, $8)`,
      [requestId, row.program_id, row.id, round, input.messageId, input.actorId, now, dueAt],
    );
    await this.outbox.mail(tx, row.program_id, {
      template: 'application-information-requested',
      subjectId: requestId,
      to: { personId: row.person_id },
    });
  }

  /** Closes the open round with the applicant's answer. @throws DomainError `illegal-transition`, `invalid-document` */
  async answer(
    tx: Transaction,
    row: ApplicationRow,
    document: ProgramDocument,
    input: AnswerInformationInput,
  ): Promise<void> {
    const open = await this.openRequest(tx, row.id);
    if (open?.id !== input.requestId) throw new DomainError('illegal-transition', 'this request is no longer open');
    const sql = `select form from information_messages where id = $1 and application_id = $2`;
    const message = await rowOf<{ form: FormAnswers | null }>(tx, sql, [input.messageId, row.id]);
    if (!message) throw new DomainError('not-found', 'there is no such thing');
    const form = message.form && checkFormAnswers(document.application, { ...row.form, ...message.form });
    const moved = await this.applications.move(tx, row, {
      actorId: input.actorId,
      ...requestOf(input),
      action: 'answer_information',
      changes: { ...this.clockGoesOn(row, document, open), ...(form && { form }) },
    });
    await this.end(tx, open, 'answered', input.messageId);
    if (form) await this.keepScore(tx, moved, document);
    await this.outbox.mail(tx, row.program_id, {
      template: 'application-information-answered',
      subjectId: row.id,
      to: { role: 'partner_manager' },
      details: { round: open.round },
    });
  }

  /** Gives up waiting for an answer: back to the reviewer, or expired, as the program says. */
  async miss(tx: Transaction, row: ApplicationRow, document: ProgramDocument): Promise<ApplicationRow> {
    const open = await this.openRequest(tx, row.id);
    const isEnd = document.review.informationRequests.whenUnanswered === 'expire';
    const moved = await this.applications.move(tx, row, {
      ...systemActor,
      action: isEnd ? 'expire' : 'miss_information',
      ...(isEnd && { reason: 'a question was not answered in time' }),
      changes: open && !isEnd ? this.clockGoesOn(row, document, open) : { information_due_at: null },
    });
    if (open) await this.end(tx, open, 'unanswered');
    if (isEnd) {
      const mail = { template: 'application-expired', subjectId: row.id, to: { personId: row.person_id } };
      await this.outbox.mail(tx, row.program_id, mail);
    }
    return moved;
  }

  /** A decision or a withdrawal came before the answer: nobody waits for it any more. */
  async close(tx: Transaction, applicationId: string): Promise<void> {
    const open = await this.openRequest(tx, applicationId);
    if (open) await this.end(tx, open, 'closed');
  }

  private async keepScore(tx: Transaction, row: ApplicationRow, document: ProgramDocument): Promise<void> {
    const { score, flags } = await this.review.rescore(tx, row, document);
    await tx.query(`update applications set score = $2 where id = $1`, [row.id, score]);
    await this.audit.record(tx, {
      ...systemActor,
      programId: row.program_id,
      action: 'application.rescore',
      subjectId: row.id,
      details: { score, flags: flags.map(({ rule }) => rule) },
    });
  }

  /** The time that the applicant took is not the reviewer's. */
  private clockGoesOn(row: ApplicationRow, document: ProgramDocument, open: RequestRow) {
    const now = this.clock.now();
    const waitedMs = now.getTime() - open.asked_at.getTime();
    const later = (at: Date | null): Date | null => (at === null ? null : new Date(at.getTime() + waitedMs));
    return {
      information_due_at: null,
      decision_due_at: later(row.decision_due_at),
      escalate_at: later(row.escalate_at),
      next_reminder_at: nextReminder(document, row.reminders_sent, now),
    };
  }

  private openRequest(tx: Transaction, applicationId: string): Promise<RequestRow | undefined> {
    const sql = `select id, round, asked_at, due_at from information_requests where application_id = $1 and state = 'open'`;
    return rowOf<RequestRow>(tx, sql, [applicationId]);
  }

  private async end(
    tx: Transaction,
    { id }: RequestRow,
    state: 'answered' | 'unanswered' | 'closed',
    answerId?: string,
  ): Promise<void> {
    await tx.query(`update information_requests set state = $2, answer_id = $3, ended_at = $4 where id = $1`, [
      id,
      state,
      answerId ?? null,
      this.clock.now(),
    ]);
  }
}

function requestOf({ requestId }: Actor): { requestId?: string } {
  return requestId === undefined ? {} : { requestId };
}

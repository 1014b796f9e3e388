import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { systemActor } from '../orchestration/actor.js';
import type {
  AnswerInformationInput,
  ApplicationProgress,
  RequestInformationInput,
  VerifyInput,
} from '../orchestration/partner-onboarding.js';
import { Outbox } from '../outbox/index.js';
import {
  ApplicationsService,
  changeApplication,
  dueSteps,
  InformationService,
  ReferencesService,
  ReviewService,
  type ApplicationRow,
  type DueStep,
} from '../partners/index.js';
import { ProgramsService, type Program } from '../programs/index.js';
import { PartnerOnboardingService } from './partner-onboarding.service.js';

/**
 * An application's way to its decision: verification, the start of the review (which a rule may end at once), questions,
 * and all that happens by itself when time passes. Each step is one transaction under the application's lock.
 */
@Injectable()
export class IntakeService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly applications: ApplicationsService,
    private readonly review: ReviewService,
    private readonly references: ReferencesService,
    private readonly information: InformationService,
    private readonly onboarding: PartnerOnboardingService,
  ) {}

  /** Marks the mail address as verified and begins the review. One that is verified stays as it is. */
  verify(input: VerifyInput): Promise<ApplicationProgress> {
    return this.act(input.applicationId, async (tx, row, program) => {
      if (row.verified_at !== null) return;
      const now = this.clock.now();
      const isLate = row.verify_due_at !== null && row.verify_due_at.getTime() <= now.getTime();
      // The timer that expires it may be late; the deadline holds all the same.
      if (isLate && row.stage === 'unverified') return this.expire(tx, row);
      const { actorId, requestId } = input;
      const actor = { actorId, ...(requestId === undefined ? {} : { requestId }) };
      const moved = await this.applications.move(tx, row, {
        ...actor,
        action: 'verify',
        changes: { verified_at: now },
      });
      const mail = { template: 'application-received', subjectId: row.id, to: { personId: row.person_id } };
      await this.outbox.mail(tx, row.program_id, mail);
      await this.beginLocked(tx, moved, program);
    });
  }

  /** Begins the review of an application that needs no verification; harmless on one whose review has begun. */
  begin(applicationId: string): Promise<ApplicationProgress> {
    return this.act(applicationId, async (tx, row, program) => {
      if (row.stage === 'in_review' && row.review_since === null) await this.beginLocked(tx, row, program);
    });
  }

  /** Asks the applicant something. @throws DomainError `illegal-transition` */
  requestInformation(input: RequestInformationInput): Promise<ApplicationProgress> {
    return this.act(input.applicationId, async (tx, row, { document }) => {
      if (await this.wasDone(tx, row, 'request_information', input)) return;
      await this.information.open(tx, row, document, input);
    });
  }

  /** Takes the applicant's answer. @throws DomainError `illegal-transition`, `invalid-document` */
  answerInformation(input: AnswerInformationInput): Promise<ApplicationProgress> {
    return this.act(input.applicationId, async (tx, row, { document }) => {
      if (await this.wasDone(tx, row, 'answer_information', input)) return;
      await this.information.answer(tx, row, document, input);
    });
  }

  /**
   * Does what is due at an instant, and what became due since: reminds, escalates, notes who did not answer, expires.
   * What was done before is not due any more, so this bears being repeated.
   */
  followDeadlines(applicationId: string, atMs: number): Promise<ApplicationProgress> {
    return this.act(applicationId, async (tx, row, program) => {
      // The workflow's timer has fired: a clock of ours that is a little behind must not send it back to wait.
      const at = new Date(Math.max(atMs, this.clock.now().getTime()));
      let current = row;
      for (const step of dueSteps(row, at)) {
        if (!dueSteps(current, at).includes(step)) continue;
        current = await this.step(tx, current, program, step, at);
      }
    });
  }

  private async step(
    tx: Transaction,
    row: ApplicationRow,
    { document }: Program,
    step: DueStep,
    at: Date,
  ): Promise<ApplicationRow> {
    if (step === 'expire') return this.expire(tx, row);
    if (step === 'missed-information') return this.information.miss(tx, row, document);
    if (step === 'escalate') return this.review.escalate(tx, row, document);
    if (step === 'remind') return this.review.remind(tx, row, document, at);
    return changeApplication(tx, row.id, { references_due_at: await this.references.miss(tx, row, at) });
  }

  private async expire(tx: Transaction, row: ApplicationRow): Promise<ApplicationRow> {
    const moved = await this.applications.move(tx, row, { ...systemActor, action: 'expire' });
    const mail = { template: 'application-expired', subjectId: row.id, to: { personId: row.person_id } };
    // An address that nobody proved gets no more mail than the one that asked for the proof.
    if (row.stage !== 'unverified') await this.outbox.mail(tx, row.program_id, mail);
    return moved;
  }

  private async beginLocked(tx: Transaction, row: ApplicationRow, program: Program): Promise<void> {
    const { row: begun, decision } = await this.review.begin(tx, row, program);
    if (decision) await this.onboarding.decideByPolicy(tx, begun, decision);
  }

  private wasDone(
    tx: Transaction,
    row: ApplicationRow,
    action: 'request_information' | 'answer_information',
    { actorId, requestId }: { actorId: string; requestId?: string },
  ): Promise<boolean> {
    const request = requestId === undefined ? {} : { requestId };
    return this.audit.wasRecorded(tx, { subjectId: row.id, action: `application.${action}`, actorId, ...request });
  }

  private act(
    applicationId: string,
    work: (tx: Transaction, row: ApplicationRow, program: Program) => Promise<unknown>,
  ): Promise<ApplicationProgress> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.applications.lock(tx, applicationId);
      await work(tx, row, await this.programs.getIn(tx, row.program_id, row.program_version));
      return this.onboarding.state(applicationId, tx);
    });
  }
}

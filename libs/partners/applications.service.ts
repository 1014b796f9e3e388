import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Actor } from '../orchestration/actor.js';
import { partnerOnboarding, type PartnerOnboardingInput } from '../orchestration/partner-onboarding.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService } from '../programs/index.js';
import {
  applicationColumns,
  changeApplication,
  lockApplication,
  type ApplicationChanges,
  type ApplicationRow,
} from './application-row.js';
import { applicationStages, type ApplicationAction, type ApplicationForm } from './domain/index.js';
import {
  applicantLanguage,
  checkedAnswers,
  insertApplication,
  insertKeys,
  insertPerson,
  insertReferences,
  type SubmissionKeys,
} from './submissions.js';

export interface StageMove extends Actor {
  action: ApplicationAction;
  reason?: string;
  reasonCode?: string;
  /** The rule that decided, where none of the people did. */
  rule?: string;
  partnerReference?: string;
  effectiveFrom?: Date;
  /** What changes with the stage, in the same statement. */
  changes?: ApplicationChanges;
}

/** Applications: taking them in, and moving their stage. Every move takes the row's lock and leaves an audit fact. */
@Injectable()
export class ApplicationsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
  ) {}

  /**
   * Takes an application in: the person, the row, its references, its audit fact and the start of its workflow, in one
   * transaction. The same `requestKey` (a hash of the caller's idempotency key and body) gives the application it made
   * before. Where the program asks for it, the review waits until the mail address is verified.
   * @throws DomainError `not-found` (program), `invalid-document` (answers that don't fit the program's form)
   */
  async submit(
    programId: string,
    input: ApplicationForm,
    { requestKey, submissionKey, ...actor }: Actor & SubmissionKeys,
  ): Promise<ApplicationRow> {
    const program = await this.programs.get(programId);
    const settings = program.document.application;
    const answers = checkedAnswers(settings, input);
    const language = applicantLanguage(settings, input);
    const keys = {
      ...(requestKey === undefined ? {} : { requestKey }),
      ...(submissionKey === undefined ? {} : { submissionKey }),
    };
    return this.database.inTransaction(async (tx) => {
      const personId = await insertPerson(tx, programId, { ...input, language });
      const made = await insertApplication(tx, program, input, { ...keys, personId, answers, now: this.clock.now() });
      if (!made) return this.existing(tx, programId, personId, requestKey ?? '');
      await insertReferences(tx, made, input, language);
      await insertKeys(tx, made, input);
      await this.audit.record(tx, {
        ...actor,
        programId,
        action: 'application.submit',
        subjectId: made.id,
        toState: made.stage,
        ...(input.consent && { details: { consentVersion: input.consent.version } }),
      });
      await this.startWorkflow(tx, made);
      const template = made.stage === 'unverified' ? 'application-verification' : 'application-received';
      await this.outbox.mail(tx, programId, { template, subjectId: made.id, to: { personId } });
      await this.outbox.announce(tx, programId, { type: 'application.submitted', subjectId: made.id });
      return made;
    });
  }

  /** @throws DomainError `not-found` */
  async get(id: string, tx: Transaction = this.database.dataSource.manager): Promise<ApplicationRow> {
    const row = await rowOf<ApplicationRow>(tx, `select ${applicationColumns} from applications where id = $1`, [id]);
    if (!row) throw new DomainError('not-found', `no application ${id}`);
    return row;
  }

  /** The row, locked until the transaction ends. @throws DomainError `not-found` */
  lock(tx: Transaction, id: string): Promise<ApplicationRow> {
    return lockApplication(tx, id);
  }

  /** Moves a locked row. @throws DomainError `illegal-transition` */
  async move(tx: Transaction, row: ApplicationRow, move: StageMove): Promise<ApplicationRow> {
    const stage = applicationStages.next(row.stage, move.action);
    const now = this.clock.now();
    const isDecision = move.action === 'approve' || move.action === 'reject';
    const moved = await changeApplication(tx, row.id, {
      ...move.changes,
      stage,
      stage_since: now,
      ...(move.reason !== undefined && { reason: move.reason }),
      ...(move.reasonCode !== undefined && { reason_code: move.reasonCode }),
      ...(move.partnerReference !== undefined && { partner_reference: move.partnerReference }),
      ...(move.effectiveFrom !== undefined && { effective_from: move.effectiveFrom }),
      ...(isDecision && { decided_by: move.actorId, decided_at: now }),
    });
    const { reasonCode, rule } = move;
    await this.audit.record(tx, {
      actorId: move.actorId,
      requestId: move.requestId,
      programId: row.program_id,
      action: `application.${move.action}`,
      subjectId: row.id,
      fromState: row.stage,
      toState: stage,
      reason: move.reason,
      details: { ...(reasonCode === undefined ? {} : { reasonCode }), ...(rule === undefined ? {} : { rule }) },
    });
    await this.outbox.announce(tx, row.program_id, { type: `application.${stage}`, subjectId: row.id });
    return moved;
  }

  /** Another request with the same key came first: its application is the answer, and this one's person goes again. */
  private async existing(
    tx: Transaction,
    programId: string,
    personId: string,
    requestKey: string,
  ): Promise<ApplicationRow> {
    await tx.query(`delete from persons where id = $1`, [personId]);
    const row = await rowOf<ApplicationRow>(
      tx,
      `select ${applicationColumns} from applications where program_id = $1 and request_key = $2`,
      [programId, requestKey],
    );
    if (!row) throw new Error('an application vanished between two statements of one transaction');
    return row;
  }

  private startWorkflow(tx: Transaction, application: ApplicationRow): Promise<void> {
    const { id, program_id: programId, stage, revision } = application;
    const dueAt = application.verify_due_at ?? application.decision_due_at ?? application.created_at;
    const input: PartnerOnboardingInput = {
      programId,
      applicationId: id,
      decisionDueAtMs: dueAt.getTime(),
      stage,
      revision,
      ...(stage === 'unverified' ? {} : { beginsReview: true }),
    };
    const { type, taskQueue, workflowId } = partnerOnboarding;
    return this.outbox.startWorkflow(tx, programId, { type, taskQueue, workflowId: workflowId(id), input });
  }
}

import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { partnerOnboarding, type PartnerOnboardingInput } from '../orchestration/partner-onboarding.js';
import { Outbox } from '../outbox/index.js';
import { checkFormAnswers, ProgramsService } from '../programs/index.js';
import {
  applicationStages,
  type ApplicationAction,
  type ApplicationForm,
  type ApplicationStage,
} from './domain/index.js';

/** The row of an application, as services move it. Nothing in it names the person. */
export interface ApplicationRow {
  id: string;
  program_id: string;
  program_version: number;
  person_id: string;
  stage: ApplicationStage;
  company: string | null;
  effective_from: Date | null;
  partner_reference: string | null;
  decision_due_at: Date;
  reason: string | null;
  created_at: Date;
  stage_since: Date;
}

export interface StageMove extends Actor {
  action: ApplicationAction;
  reason?: string;
  partnerReference?: string;
  effectiveFrom?: Date;
}

const columns = `id, program_id, program_version, person_id, stage, company, effective_from, partner_reference,
  decision_due_at, reason, created_at, stage_since`;

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
   * transaction. The same `requestKey` (a hash of the caller's idempotency key) gives the application it made before.
   * @throws DomainError `not-found` (program), `invalid-document` (answers that don't fit the program's form)
   */
  async submit(
    programId: string,
    input: ApplicationForm,
    { requestKey, ...actor }: Actor & { requestKey?: string },
  ): Promise<ApplicationRow> {
    const program = await this.programs.get(programId);
    checkFormAnswers(program.document.application.fields, input.form);
    return this.database.inTransaction(async (tx) => {
      const personId = await this.addPerson(tx, programId, input);
      const now = this.clock.now();
      const dueAt = new Date(now.getTime() + elapsedMs(program.document.review.decisionWithin));
      const made = await rowOf<ApplicationRow>(
        tx,
        `insert into applications (id, program_id, program_version, person_id, stage, company, form, decision_due_at, request_key, created_at, stage_since)
         values ($1, $2, $3, $4, 'in_review', $5, $6, $7, $8, $9, $9)
         on conflict (program_id, request_key) do nothing returning ${columns}`,
        [
          newId('app'),
          programId,
          program.version,
          personId,
          input.company ?? null,
          JSON.stringify(input.form),
          dueAt,
          requestKey ?? null,
          now,
        ],
      );
      if (!made) return this.existing(tx, programId, personId, requestKey ?? '');
      await this.addReferences(tx, made, input);
      await this.audit.record(tx, {
        ...actor,
        programId,
        action: 'application.submit',
        subjectId: made.id,
        toState: made.stage,
      });
      await this.startWorkflow(tx, made);
      await this.outbox.mail(tx, programId, { template: 'application-received', subjectId: made.id, to: { personId } });
      await this.outbox.announce(tx, programId, { type: 'application.submitted', subjectId: made.id });
      return made;
    });
  }

  /** @throws DomainError `not-found` */
  async get(id: string): Promise<ApplicationRow> {
    const [row] = await this.database.query<ApplicationRow>(`select ${columns} from applications where id = $1`, [id]);
    if (!row) throw new DomainError('not-found', `no application ${id}`);
    return row;
  }

  /** The row, locked until the transaction ends. @throws DomainError `not-found` */
  async lock(tx: Transaction, id: string): Promise<ApplicationRow> {
    const row = await rowOf<ApplicationRow>(tx, `select ${columns} from applications where id = $1 for update`, [id]);
    if (!row) throw new DomainError('not-found', `no application ${id}`);
    return row;
  }

  /** Moves a locked row. @throws DomainError `illegal-transition` */
  async move(tx: Transaction, row: ApplicationRow, move: StageMove): Promise<ApplicationRow> {
    const stage = applicationStages.next(row.stage, move.action);
    const moved = await rowOf<ApplicationRow>(
      tx,
      `update applications set stage = $2, stage_since = $3, reason = coalesce($4, reason),
         partner_reference = coalesce($5, partner_reference), effective_from = coalesce($6, effective_from)
       where id = $1 returning ${columns}`,
      [row.id, stage, this.clock.now(), move.reason ?? null, move.partnerReference ?? null, move.effectiveFrom ?? null],
    );
    await this.audit.record(tx, {
      actorId: move.actorId,
      requestId: move.requestId,
      programId: row.program_id,
      action: `application.${move.action}`,
      subjectId: row.id,
      fromState: row.stage,
      toState: stage,
      reason: move.reason,
    });
    await this.outbox.announce(tx, row.program_id, { type: `application.${stage}`, subjectId: row.id });
    return moved!;
  }

  private async addPerson(
    tx: Transaction,
    programId: string,
    person: { name: string; email?: string; phone?: string },
  ): Promise<string> {
    const id = newId('per');
    await tx.query(`insert into persons (id, program_id, name, email, phone) values ($1, $2, $3, $4, $5)`, [
      id,
      programId,
      person.name,
      person.email ?? null,
      person.phone ?? null,
    ]);
    return id;
  }

  private async addReferences(
    tx: Transaction,
    application: ApplicationRow,
    { references }: ApplicationForm,
  ): Promise<void> {
    for (const reference of references) {
      const personId = await this.addPerson(tx, application.program_id, reference);
      await tx.query(
        `insert into application_references (id, program_id, application_id, person_id, relation) values ($1, $2, $3, $4, $5)`,
        [newId('per'), application.program_id, application.id, personId, reference.relation ?? null],
      );
    }
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
      `select ${columns} from applications where program_id = $1 and request_key = $2`,
      [programId, requestKey],
    );
    if (!row) throw new Error('an application vanished between two statements of one transaction');
    return row;
  }

  private startWorkflow(tx: Transaction, application: ApplicationRow): Promise<void> {
    const input: PartnerOnboardingInput = {
      programId: application.program_id,
      applicationId: application.id,
      decisionDueAtMs: application.decision_due_at.getTime(),
    };
    const { type, taskQueue, workflowId } = partnerOnboarding;
    return this.outbox.startWorkflow(tx, application.program_id, {
      type,
      taskQueue,
      workflowId: workflowId(application.id),
      input,
    });
  }
}

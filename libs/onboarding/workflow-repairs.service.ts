import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, type Transaction } from '../database/index.js';
import { systemActor } from '../orchestration/actor.js';
import { partnerOnboarding, type PartnerOnboardingInput } from '../orchestration/partner-onboarding.js';
import { Outbox, type WorkflowSignal } from '../outbox/index.js';
import { applicationStages, ApplicationsService } from '../partners/index.js';

/**
 * Brings workflows back to what their rows say, for an operator. The rows are never touched: a workflow is begun anew
 * from its row, or told to read it again. Both leave by the outbox and bear being done twice.
 */
@Injectable()
export class WorkflowRepairs {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly applications: ApplicationsService,
  ) {}

  /**
   * Begins the application's workflow anew where it is missing or has ended; it begins its children, each of which goes
   * on from its own row. @throws DomainError `not-found`
   */
  resume(applicationId: string): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.applications.lock(tx, applicationId);
      const { program_id: programId, stage, review_since: reviewSince } = row;
      const dueAt = row.verify_due_at ?? row.decision_due_at ?? row.created_at;
      const isUnbegun = stage === 'in_review' && reviewSince === null;
      const input: PartnerOnboardingInput = {
        ...{ programId, applicationId, decisionDueAtMs: dueAt.getTime(), isResumed: true },
        ...(!applicationStages.isTerminal(stage) && { stage }),
        ...(isUnbegun && { beginsReview: true }),
      };
      const { type, taskQueue } = partnerOnboarding;
      const workflowId = partnerOnboarding.workflowId(applicationId);
      await this.outbox.startWorkflow(tx, programId, { type, taskQueue, workflowId, input, again: true });
      await this.note(tx, programId, applicationId, workflowId, 'resume');
    });
  }

  /** Tells a workflow to read its row again. */
  refresh(programId: string | null, rowId: string, signal: WorkflowSignal): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      await this.outbox.signalWorkflow(tx, programId ?? '*', signal);
      await this.note(tx, programId ?? '*', rowId, signal.workflowId, 'refresh');
    });
  }

  private note(
    tx: Transaction,
    programId: string,
    subjectId: string,
    workflowId: string,
    what: 'resume' | 'refresh',
  ): Promise<void> {
    const action = `workflow.${what}`;
    return this.audit.record(tx, { ...systemActor, programId, action, subjectId, details: { workflowId } });
  }
}

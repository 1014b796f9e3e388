import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database } from '../database/index.js';
import { AmendmentRecords } from '../lifecycle/index.js';
import { agreementAmendment, systemActor, type AgreementAmendmentInput } from '../orchestration/index.js';
import { Outbox } from '../outbox/index.js';
import { PartnersService } from '../partners/index.js';

/** Begins workflows of amendments anew, for an operator. The rows are never touched. */
@Injectable()
export class AmendmentRepairs {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly amendments: AmendmentRecords,
    private readonly partners: PartnersService,
  ) {}

  /**
   * Where the amendment's workflow is missing or has ended, another one goes on from the row; it begins the negotiation or
   * the signature that the row waits for. @throws DomainError `not-found`
   */
  async resume(amendmentId: string): Promise<void> {
    const { partner_id: partnerId } = await this.amendments.get(amendmentId);
    const { application_id: applicationId } = await this.partners.get(partnerId);
    await this.database.inTransaction(async (tx) => {
      const { program_id: programId, agreement_id: agreementId } = await this.amendments.get(amendmentId, tx);
      const input: AgreementAmendmentInput = { programId, amendmentId, agreementId, partnerId, applicationId };
      const { type, taskQueue } = agreementAmendment;
      const workflowId = agreementAmendment.workflowId(amendmentId);
      await this.outbox.startWorkflow(tx, programId, { type, taskQueue, workflowId, input, again: true });
      const fact = { programId, action: 'workflow.resume', subjectId: amendmentId, details: { workflowId } };
      await this.audit.record(tx, { ...systemActor, ...fact });
    });
  }
}

import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { InternalApprovals, TermsDocuments } from '../../../libs/agreements/index.js';
import type { Principal } from '../../../libs/identity/index.js';
import { decideApproval, negotiation, type Actor } from '../../../libs/orchestration/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { toApprovalViews } from './approval-views.js';
import { companyReaders, deciders, NegotiationAccess, rolesIn, statusFor } from './negotiation-access.js';
import { approvalDecisionBody, internalApprovals, negotiationStatus } from './negotiations.dto.js';

/** Moves of the company that wait for another role. No partner or applicant ever gets here. */
@Controller('v1/negotiations/:id/internal-approvals')
export class InternalApprovalsController {
  constructor(
    private readonly access: NegotiationAccess,
    private readonly approvals: InternalApprovals,
    private readonly terms: TermsDocuments,
    private readonly workflows: Workflows,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List what waited or waits for internal approval in a negotiation, oldest first',
    roles: companyReaders,
    response: internalApprovals,
    errors: ['not-found'],
  })
  async list(@IdParam('id', 'neg') id: string, @Caller() caller: Principal): Promise<unknown> {
    const row = await this.access.visible(id, caller, companyReaders);
    const approvals = await this.approvals.list(id);
    const documents = await this.terms.getAll(
      row.program_id,
      approvals.map(({ terms_hash }) => terms_hash),
    );
    return toApprovalViews(approvals, documents);
  }

  @Post()
  @Endpoint({
    summary: 'Approve or reject a move that waits, or take back your own',
    description:
      'Whoever proposed it cannot approve it. With the last approval that is needed the move is made: terms go on the table, or the partner’s are accepted.',
    roles: deciders,
    response: negotiationStatus,
    errors: ['illegal-transition', 'not-found', 'maker-is-checker', 'forbidden'],
    mayTakeLong: true,
  })
  async decide(
    @IdParam('id', 'neg') negotiationId: string,
    @ZodBody(approvalDecisionBody) body: z.infer<typeof approvalDecisionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const row = await this.access.visible(negotiationId, caller, deciders);
    const { approvalId, decision, reason } = body;
    const input = {
      ...{ ...actor, negotiationId, approvalId, decision, roles: rolesIn(caller, row) },
      ...(reason === undefined ? {} : { reason }),
    };
    const options = { updateId, location: `/v1/negotiations/${negotiationId}/internal-approvals` };
    try {
      return statusFor(
        'company',
        await this.workflows.update(negotiation.workflowId(negotiationId), decideApproval, input, options),
      );
    } catch (error) {
      throw await this.access.withCurrent(error, negotiationId);
    }
  }
}

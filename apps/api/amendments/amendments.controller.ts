import { Controller, Get, Post, type StreamableFile } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import type { z } from 'zod';
import { InternalApprovals, TermsDocuments } from '../../../libs/agreements/index.js';
import type { Principal } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { AmendmentView } from '../../../libs/lifecycle/index.js';
import {
  agreementAmendment,
  decideAmendmentApproval,
  objectToChange,
  withdrawAmendment,
  type Actor,
  type AmendmentStatus,
} from '../../../libs/orchestration/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody, ZodQuery } from '../edge/index.js';
import { toApprovalViews } from '../negotiations/approval-views.js';
import { deciders, rolesIn } from '../negotiations/negotiation-access.js';
import { approvalDecisionBody, internalApprovals } from '../negotiations/negotiations.dto.js';
import { TermsComparison, termsDiff, type Compared } from '../terms/terms-comparison.js';
import { Workflows } from '../workflows.js';
import { AmendmentAccess, companyReaders, readers } from './amendment-access.js';
import { amendmentDetail, amendmentWithdrawalBody, comparisonQuery, objectionBody } from './amendments.dto.js';

/** One change of an agreement in force. Rounds and signatures have resources of their own. */
@Controller('v1/amendments/:id')
export class AmendmentsController {
  constructor(
    private readonly access: AmendmentAccess,
    private readonly approvals: InternalApprovals,
    private readonly terms: TermsDocuments,
    private readonly comparison: TermsComparison,
    private readonly workflows: Workflows,
  ) {}

  @Get()
  @Endpoint({
    summary: 'Read a change of an agreement: where it stands, or what became of it and why',
    roles: readers,
    response: amendmentDetail,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'amd') id: string, @Caller() caller: Principal): Promise<unknown> {
    await this.access.amendment(id, caller, readers);
    return this.access.detail(id);
  }

  @Get('diff')
  @Endpoint({
    summary: 'Compare the terms of a change with the version that it changes, field by field and in words',
    roles: readers,
    response: termsDiff,
    errors: ['not-found'],
  })
  async diff(
    @IdParam('id', 'amd') id: string,
    @ZodQuery(comparisonQuery) { language }: z.infer<typeof comparisonQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const amendment = await this.access.amendment(id, caller, readers);
    return this.comparison.diff(amendment.programId, ...comparedIn(amendment), language);
  }

  @Get('redline')
  @Endpoint({
    summary: 'The same as a PDF with deletions struck through and insertions underlined',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async redline(
    @IdParam('id', 'amd') id: string,
    @ZodQuery(comparisonQuery) { language }: z.infer<typeof comparisonQuery>,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    const amendment = await this.access.amendment(id, caller, readers);
    return this.comparison.redline(amendment.programId, ...comparedIn(amendment), language);
  }

  @Post('objection')
  @Endpoint({
    summary: 'Object to a change of which you got notice: it is negotiated then',
    roles: ['partner'],
    response: amendmentDetail,
    errors: ['illegal-transition', 'not-found'],
    mayTakeLong: true,
  })
  async object(
    @IdParam('id', 'amd') amendmentId: string,
    @ZodBody(objectionBody) { reason }: z.infer<typeof objectionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    await this.access.amendment(amendmentId, caller, ['partner']);
    return this.act(objectToChange, { ...actor, amendmentId, reason }, updateId);
  }

  @Post('withdrawal')
  @Endpoint({
    summary: 'Take a change back of which notice was given, before its period is over',
    description: 'A change that is negotiated or signed ends with its negotiation or its envelope.',
    roles: ['partner_manager', 'legal'],
    response: amendmentDetail,
    errors: ['illegal-transition', 'not-found'],
    mayTakeLong: true,
  })
  async withdraw(
    @IdParam('id', 'amd') amendmentId: string,
    @ZodBody(amendmentWithdrawalBody) { reason }: z.infer<typeof amendmentWithdrawalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    await this.access.amendment(amendmentId, caller, ['partner_manager', 'legal']);
    const why = reason === undefined ? {} : { reason };
    return this.act(withdrawAmendment, { ...actor, amendmentId, ...why }, updateId);
  }

  @Get('internal-approvals')
  @Endpoint({
    summary: 'List what waited or waits for internal approval before a change comes before the partner',
    roles: companyReaders,
    response: internalApprovals,
    errors: ['not-found'],
  })
  async listApprovals(@IdParam('id', 'amd') id: string, @Caller() caller: Principal): Promise<unknown> {
    const { programId } = await this.access.amendment(id, caller, companyReaders);
    const approvals = await this.approvals.list(id);
    const hashes = approvals.map(({ terms_hash }) => terms_hash);
    return toApprovalViews(approvals, await this.terms.getAll(programId, hashes));
  }

  @Post('internal-approvals')
  @Endpoint({
    summary: 'Approve or reject a change that waits, or take back your own',
    description:
      'Whoever proposed it cannot approve it. With the last approval that is needed the partner gets notice, or the first round begins.',
    roles: deciders,
    response: amendmentDetail,
    errors: ['illegal-transition', 'not-found', 'maker-is-checker', 'forbidden'],
    mayTakeLong: true,
  })
  async decide(
    @IdParam('id', 'amd') amendmentId: string,
    @ZodBody(approvalDecisionBody) { approvalId, decision, reason }: z.infer<typeof approvalDecisionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const { programId, state } = await this.access.amendment(amendmentId, caller, deciders);
    if (state !== 'awaiting_approval') {
      throw new DomainError('illegal-transition', `amendment: nothing waits for approval while ${state}`);
    }
    const roles = rolesIn(caller, { program_id: programId });
    const why = reason === undefined ? {} : { reason };
    const input = { ...actor, amendmentId, approvalId, decision, roles, ...why };
    return this.act(decideAmendmentApproval, input, updateId);
  }

  private async act<Input extends { amendmentId: string }>(
    definition: UpdateDefinition<AmendmentStatus, [Input]>,
    input: Input,
    updateId: string,
  ): Promise<unknown> {
    const { amendmentId } = input;
    const options = { updateId, location: `/v1/amendments/${amendmentId}` };
    await this.workflows.update(agreementAmendment.workflowId(amendmentId), definition, input, options);
    return this.access.detail(amendmentId);
  }
}

/** The version that a change would replace, and what was agreed on or, before that, proposed. */
function comparedIn({ baseVersion, baseHash, termsHash, agreedHash }: AmendmentView): [Compared, Compared] {
  const next = { hash: agreedHash ?? termsHash, name: `#${baseVersion + 1}` };
  return [{ hash: baseHash, name: `#${baseVersion}` }, next];
}

import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { DisputeAnswers, DisputeList, DisputesService, type DisputeRow } from '../../../libs/disputes/index.js';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { toSafeNumber } from '../../../libs/kernel/money.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { mapPage, type Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import {
  answerBody,
  approvalBody,
  disputeBody,
  disputePage,
  disputesQuery,
  disputeView,
  sendingBackBody,
} from './disputes.dto.js';

const answerers: readonly Role[] = ['partner_manager', 'finance'];
const approvers: readonly Role[] = ['finance', 'finance_approver'];
const openers: readonly Role[] = ['partner', 'partner_manager', 'finance'];
const companyReaders: readonly Role[] = ['partner_manager', 'legal', 'finance', 'finance_approver', 'admin', 'auditor'];
const readers: readonly Role[] = [...companyReaders, 'partner'];

type DisputeView = z.infer<typeof disputeView>;

/** Disputes of partners about what they have earned, or miss. */
@Controller('v1/disputes')
export class DisputesController {
  constructor(
    private readonly disputes: DisputesService,
    private readonly answers: DisputeAnswers,
    private readonly list: DisputeList,
    private readonly partners: PartnerList,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Question what an event has earned, or that something is missing',
    description: 'One dispute is open about the same event, or the same missing order, at a time.',
    roles: openers,
    response: disputeView,
    status: 201,
    errors: ['not-found', 'already-exists', 'invalid-document'],
    bodyExample: { subject: { kind: 'event', eventId: 'order-1' }, text: 'The rate for new customers was not used.' },
  })
  async open(
    @ZodBody(disputeBody) { partnerId: named, subject, text }: z.infer<typeof disputeBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DisputeView> {
    const partnerId = named ?? ownPartner(caller);
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, openers);
    return viewOf(await this.disputes.open({ ...actor, programId, partnerId, subject, text }), caller);
  }

  @Get()
  @Endpoint({
    summary: 'List disputes, newest first',
    roles: readers,
    response: disputePage,
    errors: ['not-found'],
    csv: ['id', 'partnerId', 'subject.kind', 'subject.eventId', 'state', 'openedAt', 'dueAt', 'overdue', 'answeredAt'],
  })
  async page(
    @ZodQuery(disputesQuery) { programId: asked, ...request }: z.infer<typeof disputesQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<DisputeView>> {
    if (caller.partnerId !== undefined) {
      const partnerId = caller.partnerId;
      const { programId } = await this.partners.view(partnerId);
      requireAccess(caller, { programId, partnerId: request.partnerId ?? partnerId }, readers);
      return mapPage(await this.list.page(programId, { ...request, partnerId }), (row) => viewOf(row, caller));
    }
    if (asked === undefined) {
      const error = { pointer: '/programId', message: 'is missing' };
      throw new DomainError('malformed-request', 'the program is missing', [error]);
    }
    requireProgram(caller, asked, companyReaders);
    return mapPage(await this.list.page(asked, request), (row) => viewOf(row, caller));
  }

  @Get(':id')
  @Endpoint({ summary: 'Read a dispute', roles: readers, response: disputeView, errors: ['not-found'] })
  async get(@IdParam('id', 'dsp') disputeId: string, @Caller() caller: Principal): Promise<DisputeView> {
    return viewOf(await this.visible(disputeId, caller, readers), caller);
  }

  @Post(':id/answer')
  @Endpoint({
    summary: 'Answer a dispute, with an adjustment where the partner is right',
    description: "An adjustment above the program's limit waits for a second person.",
    roles: answerers,
    response: disputeView,
    errors: ['illegal-transition', 'invalid-document', 'not-found'],
    bodyExample: { decision: 'upheld', reason: 'The rate for new customers applies.', adjustmentMinor: 1250 },
  })
  async answer(
    @IdParam('id', 'dsp') disputeId: string,
    @ZodBody(answerBody) { adjustmentMinor, ...body }: z.infer<typeof answerBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DisputeView> {
    await this.visible(disputeId, caller, answerers);
    const adjustment = adjustmentMinor === undefined ? {} : { adjustmentMinor: BigInt(adjustmentMinor) };
    return viewOf(await this.answers.answer({ ...actor, disputeId, ...body, ...adjustment }), caller);
  }

  @Post(':id/approval')
  @Endpoint({
    summary: 'Approve the adjustment of a dispute, which books it',
    roles: approvers,
    response: disputeView,
    errors: ['illegal-transition', 'maker-is-checker', 'not-found'],
  })
  async approve(
    @IdParam('id', 'dsp') disputeId: string,
    @ZodBody(approvalBody) { reason }: z.infer<typeof approvalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DisputeView> {
    await this.visible(disputeId, caller, approvers);
    const decision = { ...actor, disputeId, ...(reason !== undefined && { reason }) };
    return viewOf(await this.answers.approve(decision), caller);
  }

  @Post(':id/return')
  @Endpoint({
    summary: 'Send the answer to a dispute back: its adjustment is not approved',
    roles: approvers,
    response: disputeView,
    errors: ['illegal-transition', 'maker-is-checker', 'not-found'],
  })
  async sendBack(
    @IdParam('id', 'dsp') disputeId: string,
    @ZodBody(sendingBackBody) { reason }: z.infer<typeof sendingBackBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DisputeView> {
    await this.visible(disputeId, caller, approvers);
    return viewOf(await this.answers.sendBack({ ...actor, disputeId, reason }), caller);
  }

  @Post(':id/withdrawal')
  @Endpoint({
    summary: 'Take a dispute back',
    roles: openers,
    response: disputeView,
    errors: ['illegal-transition', 'not-found'],
  })
  async withdraw(
    @IdParam('id', 'dsp') disputeId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DisputeView> {
    await this.visible(disputeId, caller, openers);
    return viewOf(await this.disputes.withdraw({ ...actor, disputeId }), caller);
  }

  private async visible(disputeId: string, caller: Principal, roles: readonly Role[]): Promise<DisputeRow> {
    const dispute = await this.list.get(disputeId);
    requireAccess(caller, { programId: dispute.program_id, partnerId: dispute.partner_id }, roles);
    return dispute;
  }
}

function ownPartner({ partnerId }: Principal): string {
  if (partnerId !== undefined) return partnerId;
  const error = { pointer: '/partnerId', message: 'is missing' };
  throw new DomainError('invalid-document', 'the partner is missing', [error]);
}

function viewOf(row: DisputeRow, caller: Principal): DisputeView {
  const isPartner = caller.partnerId !== undefined;
  const { adjustment_minor: minor, currency, state } = row;
  const isDecided = state === 'upheld' || state === 'rejected';
  // Until it is approved, an answer is the company's alone.
  const isTold = isDecided || !isPartner;
  return {
    id: row.id,
    programId: row.program_id,
    partnerId: row.partner_id,
    subject: subjectOf(row),
    text: row.text,
    state: isPartner && state === 'awaiting_approval' ? 'open' : state,
    openedAt: row.opened_at.toISOString(),
    dueAt: row.due_at.toISOString(),
    overdue: row.overdue_at !== null && (state === 'open' || state === 'awaiting_approval'),
    answeredAt: (isTold && row.answered_at?.toISOString()) || null,
    answer: isTold ? row.answer : null,
    adjustment:
      isTold && minor !== null && currency !== null ? { amountMinor: toSafeNumber(BigInt(minor)), currency } : null,
    ...(!isPartner && { openedBy: row.opened_by, answeredBy: row.answered_by, approvedBy: row.approved_by }),
  };
}

function subjectOf({ subject: kind, event_id, rule_id, facts }: DisputeRow): DisputeView['subject'] {
  if (kind === 'missing') return { kind, facts };
  return { kind, ...(event_id !== null && { eventId: event_id }), ...(rule_id !== null && { rule: rule_id }) };
}

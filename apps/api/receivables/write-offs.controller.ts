import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { toSafeNumber } from '../../../libs/kernel/money.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { mapPage, type Page } from '../../../libs/platform/index.js';
import { WriteOffs, type WriteOffRow } from '../../../libs/receivables/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import {
  approvalBody,
  refusalBody,
  writeOffBody,
  writeOffPage,
  writeOffsQuery,
  writeOffView,
} from './receivables.dto.js';

const proposers: readonly Role[] = ['finance'];
const approvers: readonly Role[] = ['finance_approver'];
const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor'];

type WriteOffView = z.infer<typeof writeOffView>;

/** Giving up what partners owe: proposed by finance, approved by another person. */
@Controller('v1/write-offs')
export class WriteOffsController {
  constructor(
    private readonly writeOffs: WriteOffs,
    private readonly partners: PartnerList,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Propose to write off what a partner owes',
    roles: proposers,
    response: writeOffView,
    status: 201,
    errors: ['invalid-document', 'already-exists', 'not-found'],
    bodyExample: {
      partnerId: 'prt_…',
      amount: { amountMinor: 1250, currency: 'USD' },
      reason: 'The partner has closed.',
    },
  })
  async propose(
    @ZodBody(writeOffBody) { partnerId, amount, reason }: z.infer<typeof writeOffBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<WriteOffView> {
    const { programId } = await this.partners.view(partnerId);
    requireProgram(caller, programId, proposers);
    const { amountMinor, currency } = amount;
    const proposal = { ...actor, programId, partnerId, currency, reason, amountMinor: BigInt(amountMinor) };
    return viewOf(await this.writeOffs.propose(proposal));
  }

  @Get()
  @Endpoint({
    summary: 'List write-offs, newest first',
    roles: readers,
    response: writeOffPage,
    errors: ['not-found'],
    csv: ['id', 'partnerId', 'amount.amountMinor', 'amount.currency', 'state', 'proposedBy', 'proposedAt', 'decidedBy'],
  })
  async page(
    @ZodQuery(writeOffsQuery) { programId, ...request }: z.infer<typeof writeOffsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<WriteOffView>> {
    requireProgram(caller, programId, readers);
    return mapPage(await this.writeOffs.page(programId, request), viewOf);
  }

  @Get(':id')
  @Endpoint({ summary: 'Read a write-off', roles: readers, response: writeOffView, errors: ['not-found'] })
  async get(@IdParam('id', 'wof') writeOffId: string, @Caller() caller: Principal): Promise<WriteOffView> {
    return viewOf(await this.visible(writeOffId, caller, readers));
  }

  @Post(':id/approval')
  @Endpoint({
    summary: 'Approve a write-off, which books it',
    roles: approvers,
    response: writeOffView,
    errors: ['illegal-transition', 'maker-is-checker', 'not-found'],
  })
  async approve(
    @IdParam('id', 'wof') writeOffId: string,
    @ZodBody(approvalBody) { reason }: z.infer<typeof approvalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<WriteOffView> {
    await this.visible(writeOffId, caller, approvers);
    const decision = { ...actor, writeOffId, ...(reason !== undefined && { reason }) };
    return viewOf(await this.writeOffs.approve(decision));
  }

  @Post(':id/refusal')
  @Endpoint({
    summary: 'Refuse a write-off: the partner still owes',
    roles: approvers,
    response: writeOffView,
    errors: ['illegal-transition', 'maker-is-checker', 'not-found'],
  })
  async refuse(
    @IdParam('id', 'wof') writeOffId: string,
    @ZodBody(refusalBody) { reason }: z.infer<typeof refusalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<WriteOffView> {
    await this.visible(writeOffId, caller, approvers);
    return viewOf(await this.writeOffs.refuse({ ...actor, writeOffId, reason }));
  }

  @Post(':id/withdrawal')
  @Endpoint({
    summary: 'Take a proposal to write off back',
    roles: proposers,
    response: writeOffView,
    errors: ['illegal-transition', 'not-found'],
  })
  async withdraw(
    @IdParam('id', 'wof') writeOffId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<WriteOffView> {
    await this.visible(writeOffId, caller, proposers);
    return viewOf(await this.writeOffs.withdraw({ ...actor, writeOffId }));
  }

  private async visible(writeOffId: string, caller: Principal, roles: readonly Role[]): Promise<WriteOffRow> {
    const row = await this.writeOffs.get(writeOffId);
    requireAccess(caller, { programId: row.program_id, partnerId: null }, roles);
    return row;
  }
}

function viewOf(row: WriteOffRow): WriteOffView {
  return {
    id: row.id,
    programId: row.program_id,
    partnerId: row.partner_id,
    amount: { amountMinor: toSafeNumber(BigInt(row.amount_minor)), currency: row.currency },
    state: row.state,
    reason: row.reason,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    decisionReason: row.decision_reason,
  };
}

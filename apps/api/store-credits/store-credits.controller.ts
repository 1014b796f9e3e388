import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { moneyToJson } from '../../../libs/kernel/money.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { StoreCredits, type StoreCredit } from '../../../libs/payouts/index.js';
import { mapPage } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { codeView, creditPage, creditsQuery, creditView, redemptionBody, voidBody } from './store-credits.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor', 'partner'];
const redeemers: readonly Role[] = ['service', 'finance'];
const voiders: readonly Role[] = ['finance', 'finance_approver'];

/** Credit that partners spend at the company: looked up, redeemed by the shop, taken back by finance. */
@Controller('v1/store-credits')
export class StoreCreditsController {
  constructor(private readonly credits: StoreCredits) {}

  @Get()
  @Endpoint({
    summary: 'List store credits, newest first',
    description: 'Without their codes. A partner names itself as `partnerId` and sees its own.',
    roles: readers,
    response: creditPage,
    errors: ['not-found'],
    csv: ['id', 'partnerId', 'itemId', 'batchId', 'amount.amountMinor', 'amount.currency', 'state', 'issuedAt'],
  })
  async list(
    @ZodQuery(creditsQuery) { programId, ...request }: z.infer<typeof creditsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const { partnerId } = request;
    requireAccess(caller, { programId, ...(partnerId === undefined ? {} : { partnerId }) }, readers);
    return mapPage(await this.credits.list(programId, request), toView);
  }

  @Get(':id')
  @Endpoint({ summary: 'Read a store credit', roles: readers, response: creditView, errors: ['not-found'] })
  async read(@IdParam('id', 'scr') id: string, @Caller() caller: Principal): Promise<unknown> {
    const credit = await this.credits.get(id);
    requireAccess(caller, credit, readers);
    return toView(credit);
  }

  @Post(':id/code')
  @Endpoint({
    summary: 'Show the code of a store credit to the partner whose it is',
    description: 'Each showing stands in the audit trail.',
    roles: ['partner'],
    response: codeView,
    errors: ['not-found'],
  })
  async reveal(
    @IdParam('id', 'scr') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<{ code: string }> {
    requireAccess(caller, await this.credits.get(id), ['partner']);
    return { code: await this.credits.reveal(id, actor) };
  }

  @Post('redemptions')
  @Endpoint({
    summary: 'Redeem the code of a store credit, whole and once',
    description: 'For the shop. The same code with the same `reference` again gets the same answer.',
    roles: redeemers,
    response: creditView,
    bodyExample: { programId: 'prg_…', code: 'K7Q2-9XTM-41BD-0WZF', reference: 'order-4711' },
    errors: ['not-found', 'illegal-transition'],
  })
  async redeem(
    @ZodBody(redemptionBody) { programId, ...request }: z.infer<typeof redemptionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    requireProgram(caller, programId, redeemers);
    return toView(await this.credits.redeem(programId, request, actor));
  }

  @Post(':id/void')
  @Endpoint({
    summary: 'Take back a store credit that nobody has redeemed',
    roles: voiders,
    response: creditView,
    errors: ['not-found', 'illegal-transition'],
  })
  async voidCredit(
    @IdParam('id', 'scr') id: string,
    @ZodBody(voidBody) { reason }: z.infer<typeof voidBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    requireProgram(caller, (await this.credits.get(id)).programId, voiders);
    return toView(await this.credits.voidCredit(id, reason, actor));
  }
}

function toView({ redemptionReference, ...credit }: StoreCredit): z.infer<typeof creditView> {
  return {
    id: credit.id,
    partnerId: credit.partnerId,
    itemId: credit.itemId ?? null,
    batchId: credit.batchId ?? null,
    state: credit.state,
    codeEnding: credit.codeEnding,
    amount: moneyToJson(credit.amount),
    stateSince: credit.stateSince.toISOString(),
    issuedAt: credit.issuedAt.toISOString(),
    redemptionReference: redemptionReference ?? null,
  };
}

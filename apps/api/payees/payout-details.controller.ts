import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { PayoutDetailsService, type DetailsView, type StatedDestination } from '../../../libs/payees/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { channelOf } from './channel.js';
import { detailsBody, detailsDecision, detailsVersions, detailsView, withdrawalBody } from './payees.dto.js';

const editors: readonly Role[] = ['partner', 'finance'];
const deciders: readonly Role[] = ['finance', 'finance_approver'];
const stoppers: readonly Role[] = ['partner', 'finance', 'finance_approver'];
const readers: readonly Role[] = ['partner', 'finance', 'finance_approver', 'auditor'];

/** Where a partner is paid to: entered by itself or by finance, decided on by another person, always shown masked. */
@Controller('v1/partners/:id/payout-details')
export class PayoutDetailsController {
  constructor(
    private readonly details: PayoutDetailsService,
    private readonly partners: PartnerList,
  ) {}

  @Get()
  @Endpoint({
    summary: 'Read the payout details of a partner, every version, newest first',
    description: 'Masked: of an account only the last characters are shown.',
    roles: readers,
    response: detailsVersions,
    errors: ['not-found'],
  })
  async versions(
    @IdParam('id', 'prt') partnerId: string,
    @Caller() caller: Principal,
  ): Promise<{ items: DetailsView[] }> {
    await this.require(partnerId, caller, readers);
    return { items: await this.details.versions(partnerId) };
  }

  @Post()
  @Endpoint({
    summary: 'Enter payout details of a partner',
    description:
      'The first ones wait for an approval where the program says so. A change always does, and waits for its cooling-off; until ' +
      'then nothing is paid to the partner, and the address that it has is told.',
    roles: editors,
    response: detailsView,
    status: 201,
    errors: ['not-found', 'invalid-document', 'illegal-transition', 'already-exists'],
    bodyExample: { kind: 'iban', holder: 'Ada Perry', iban: 'DE89 3704 0044 0532 0130 00' },
  })
  async submit(
    @IdParam('id', 'prt') partnerId: string,
    @ZodBody(detailsBody) body: z.infer<typeof detailsBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DetailsView> {
    await this.require(partnerId, caller, editors);
    const destination: StatedDestination = body;
    return this.details.submit({ ...actor, partnerId, channel: channelOf(caller, partnerId), destination });
  }

  @Post(':detailsId/decision')
  @Endpoint({
    summary: 'Approve or reject payout details',
    description: 'By another person than who entered them.',
    roles: deciders,
    response: detailsView,
    errors: ['not-found', 'illegal-transition', 'maker-is-checker'],
  })
  async decide(
    @IdParam('id', 'prt') partnerId: string,
    @IdParam('detailsId', 'pyd') detailsId: string,
    @ZodBody(detailsDecision) body: z.infer<typeof detailsDecision>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DetailsView> {
    requireProgram(caller, (await this.partners.view(partnerId)).programId, deciders);
    const decision = { ...actor, partnerId, detailsId };
    if (body.action === 'reject') return this.details.reject({ ...decision, reason: body.reason });
    return this.details.approve({ ...decision, reason: body.reason });
  }

  @Post(':detailsId/withdrawal')
  @Endpoint({
    summary: 'Take a change of payout details back before it is used',
    roles: stoppers,
    response: detailsView,
    errors: ['not-found', 'illegal-transition'],
  })
  async withdraw(
    @IdParam('id', 'prt') partnerId: string,
    @IdParam('detailsId', 'pyd') detailsId: string,
    @ZodBody(withdrawalBody) body: z.infer<typeof withdrawalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<DetailsView> {
    await this.require(partnerId, caller, stoppers);
    return this.details.withdraw({ ...actor, partnerId, detailsId, ...body });
  }

  private async require(partnerId: string, caller: Principal, roles: readonly Role[]): Promise<void> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, roles);
  }
}

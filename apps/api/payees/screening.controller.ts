import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { Screening, type ListedHit, type ScreeningHitView } from '../../../libs/payees/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { screeningDecision, screeningHit, screeningHits } from './payees.dto.js';

const readers: readonly Role[] = ['legal', 'finance', 'finance_approver', 'auditor'];
const deciders: readonly Role[] = ['legal', 'finance_approver'];

/** Names of partners that stand on the list of sanctions. */
@Controller('v1')
export class ScreeningController {
  constructor(
    private readonly screening: Screening,
    private readonly partners: PartnerList,
  ) {}

  @Get('partners/:id/screening-hits')
  @Endpoint({
    summary: 'Read the screening hits of a partner, newest first',
    description: 'Each with what the list of now says of the entry. Partners never see their hits.',
    roles: readers,
    response: screeningHits,
    errors: ['not-found'],
  })
  async hits(@IdParam('id', 'prt') partnerId: string, @Caller() caller: Principal): Promise<{ items: ListedHit[] }> {
    requireProgram(caller, (await this.partners.view(partnerId)).programId, readers);
    return { items: await this.screening.ofPartner(partnerId) };
  }

  @Post('screening-hits/:id/decision')
  @Endpoint({
    summary: 'Clear or confirm a screening hit',
    description:
      'A cleared hit stays cleared for that name and that version of the list; a confirmed one holds payments.',
    roles: deciders,
    response: screeningHit,
    errors: ['not-found', 'illegal-transition'],
  })
  async decide(
    @IdParam('id', 'hit') hitId: string,
    @ZodBody(screeningDecision) body: z.infer<typeof screeningDecision>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<ScreeningHitView> {
    requireProgram(caller, await this.screening.programOf(hitId), deciders);
    return this.screening.decide({ ...actor, hitId, ...body });
  }
}

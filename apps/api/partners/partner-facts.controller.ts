import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { CommissionsService, type AcceptedDeliverableRow } from '../../../libs/commissions/index.js';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { deliverableBody, deliverableList, deliverableView, tierReviewList } from './partners.dto.js';

const deliverers: readonly Role[] = ['partner_manager'];
const readers: readonly Role[] = [
  'partner_manager',
  'legal',
  'finance',
  'finance_approver',
  'admin',
  'auditor',
  'service',
  'partner',
];

/** What partners delivered and how they were reviewed: the facts beside their events that decide what they earn. */
@Controller('v1/partners')
export class PartnerFactsController {
  constructor(
    private readonly partners: PartnerList,
    private readonly commissions: CommissionsService,
  ) {}

  @Post(':id/deliverables')
  @Endpoint({
    summary: 'Accept a deliverable of a partner',
    description:
      'It pays the participation bonuses that the agreement in force at `acceptedAt` promises for it. The same deliverable at the same instant counts once.',
    roles: deliverers,
    status: 201,
    response: deliverableView,
    errors: ['invalid-document', 'not-found'],
  })
  async acceptDeliverable(
    @IdParam('id', 'prt') partnerId: string,
    @ZodBody(deliverableBody) { deliverable, acceptedAt, reason }: z.infer<typeof deliverableBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    const { programId } = await this.partners.view(partnerId);
    requireProgram(caller, programId, deliverers);
    const accepted = { programId, partnerId, deliverable, acceptedAt: new Date(acceptedAt), reason };
    return toDeliverable(await this.commissions.acceptDeliverable(accepted, actor));
  }

  @Get(':id/deliverables')
  @Endpoint({
    summary: 'List the accepted deliverables of a partner',
    description: 'The newest thousand.',
    roles: readers,
    response: deliverableList,
    errors: ['not-found'],
  })
  async deliverablesOf(@IdParam('id', 'prt') partnerId: string, @Caller() caller: Principal): Promise<unknown> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, readers);
    return { items: (await this.commissions.acceptedDeliverables(partnerId)).map(toDeliverable) };
  }

  @Get(':id/tier-reviews')
  @Endpoint({
    summary: "List the reviews of a partner's tier, newest first",
    description:
      'The newest thousand. A review is a fact of its boundary: events that come later count at the next one.',
    roles: readers,
    response: tierReviewList,
    errors: ['not-found'],
  })
  async tierReviews(@IdParam('id', 'prt') partnerId: string, @Caller() caller: Principal): Promise<unknown> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, readers);
    return { items: await this.commissions.tierReviewsOf(partnerId) };
  }
}

function toDeliverable(row: AcceptedDeliverableRow) {
  const { id, partner_id: partnerId, deliverable, accepted_at: acceptedAt, reason } = row;
  return { id, partnerId, deliverable, acceptedAt, reason };
}

import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { RiskRecords, type EventRiskResult } from '../../../libs/commissions/index.js';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { mapPage, type Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import {
  couponPage,
  couponsBody,
  couponsQuery,
  partnerFactsBody,
  programQuery,
  removalBody,
  riskFactsAnswer,
  riskFactsBody,
} from './holds.dto.js';

const senders: readonly Role[] = ['service', 'admin'];
const keepers: readonly Role[] = ['partner_manager', 'finance', 'admin'];
const readers: readonly Role[] = [...keepers, 'legal', 'finance_approver', 'auditor'];

/** What the rules that hold look at beside events: never priced, never part of an event. */
@Controller('v1')
export class RiskRecordsController {
  constructor(
    private readonly risk: RiskRecords,
    private readonly partners: PartnerList,
  ) {}

  @Post('events/risk-facts')
  @Endpoint({
    summary: 'Report what is known of the customers of events, as hashes',
    description:
      'It is compared with what the partner itself is known by, and never priced. It may come before its event; the first report about an event is kept.',
    roles: senders,
    response: riskFactsAnswer,
    bodyExample: { facts: [{ eventId: 'order-1', cardFingerprint: 'Xt5EWLLDS7FJjR1c' }] },
  })
  async report(
    @ZodQuery(programQuery) { programId }: z.infer<typeof programQuery>,
    @ZodBody(riskFactsBody) { facts }: z.infer<typeof riskFactsBody>,
    @Caller() caller: Principal,
  ): Promise<{ results: EventRiskResult[] }> {
    requireProgram(caller, programId, senders);
    return { results: await this.risk.recordEvents(programId, facts) };
  }

  @Post('partners/:id/risk-facts')
  @Endpoint({
    summary: 'Say by what a partner itself would be known as a customer',
    description: 'Its contact addresses are known already. Adding the same again changes nothing.',
    roles: [...keepers, 'service'],
    errors: ['not-found'],
  })
  async ofPartner(
    @IdParam('id', 'prt') partnerId: string,
    @ZodBody(partnerFactsBody) { facts }: z.infer<typeof partnerFactsBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    const { programId } = await this.partners.view(partnerId);
    requireProgram(caller, programId, [...keepers, 'service']);
    await this.risk.addPartnerFacts(programId, partnerId, facts, actor);
  }

  @Get('leaked-coupons')
  @Endpoint({
    summary: 'List coupons that leaked, by their text',
    roles: readers,
    response: couponPage,
    errors: ['not-found'],
    csv: ['coupon', 'since', 'note', 'addedBy', 'addedAt'],
  })
  async coupons(
    @ZodQuery(couponsQuery) { programId, ...page }: z.infer<typeof couponsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<unknown>> {
    requireProgram(caller, programId, readers);
    return mapPage(await this.risk.coupons(programId, page), ({ coupon, since, note, added_by, added_at }) => {
      return { coupon, since: since?.toISOString() ?? null, note, addedBy: added_by, addedAt: added_at.toISOString() };
    });
  }

  @Post('leaked-coupons')
  @Endpoint({
    summary: 'Add coupons to the list of leaked ones',
    description: 'Events with them are held before they vest, also those that came before.',
    roles: keepers,
    errors: ['not-found'],
  })
  async addCoupons(
    @ZodQuery(programQuery) { programId }: z.infer<typeof programQuery>,
    @ZodBody(couponsBody) { coupons }: z.infer<typeof couponsBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    requireProgram(caller, programId, keepers);
    const dated = coupons.map(({ since, ...rest }) => ({ ...rest, ...(since && { since: new Date(since) }) }));
    await this.risk.addCoupons(programId, dated, actor);
  }

  @Post('leaked-coupons/removal')
  @Endpoint({
    summary: 'Take a coupon off the list of leaked ones',
    description: 'What it has held stays held until somebody decides.',
    roles: keepers,
    errors: ['not-found'],
  })
  async removeCoupon(
    @ZodQuery(programQuery) { programId }: z.infer<typeof programQuery>,
    @ZodBody(removalBody) { coupon }: z.infer<typeof removalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    requireProgram(caller, programId, keepers);
    await this.risk.removeCoupon(programId, coupon, actor);
  }
}

import { Controller, Get, Post } from '@nestjs/common';
import { z } from 'zod';
import {
  CommissionsService,
  EventIntake,
  holdForPartner,
  type EventExplanation,
  type EventResult,
} from '../../../libs/commissions/index.js';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodParam, ZodQuery } from '../edge/index.js';
import { eventsAnswer, eventsBody, explanation, linePage, linesQuery, programQuery } from './events.dto.js';

const senders: readonly Role[] = ['service', 'admin'];
const readers: readonly Role[] = [
  'partner_manager',
  'finance',
  'finance_approver',
  'admin',
  'auditor',
  'service',
  'partner',
];
const eventId = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be an id of an event');

/** Conversions, refunds and voids in; why each was paid, or not, out. */
@Controller('v1')
export class EventsController {
  constructor(
    private readonly commissions: CommissionsService,
    private readonly intake: EventIntake,
    private readonly partners: PartnerList,
  ) {}

  @Post('events')
  @Endpoint({
    summary: 'Report an event, or up to 1,000 as `events`',
    description:
      'The same id with the same content counts once; with other content it is refused. A batch answers per event, in order: one bad event never hides the others. A conversion that names no `partner` but a `customer`, `coupon` or `click` is attributed by the touches that are known.',
    roles: senders,
    response: eventsAnswer,
    bodyExample: {
      events: [
        {
          id: 'order-1',
          type: 'sale',
          occurredAt: '2026-03-01T10:00:00Z',
          partner: 'prt_…',
          customer: 'c-1',
          amountMinor: 2599,
          currency: 'USD',
        },
      ],
    },
    errors: ['invalid-document', 'event-conflict', 'not-found', 'payload-too-large'],
  })
  async report(
    @ZodQuery(programQuery) { programId }: z.infer<typeof programQuery>,
    @ZodBody(eventsBody) body: z.infer<typeof eventsBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<EventResult | { results: EventResult[] }> {
    requireProgram(caller, programId, senders);
    if (Array.isArray(body['events']))
      return { results: await this.commissions.ingest(programId, body['events'], actor) };
    const result = await this.intake.report(programId, body, actor);
    if (result.status !== 'refused') return result;
    const { code, message, errors } = result.problem;
    throw new DomainError(code, message, errors);
  }

  @Get('events/:id/explanation')
  @Endpoint({
    summary: 'Read why an event was paid, or was not',
    description:
      'Every rule tried in order, the first condition that failed, the numbers before and after rounding and limits, and the clause. The event of an upfront, retainer or participation bonus is `<bonus id>@<instant>`.',
    roles: readers,
    response: explanation,
    errors: ['not-found'],
  })
  async explain(
    @ZodParam('id', eventId) id: string,
    @ZodQuery(programQuery) { programId }: z.infer<typeof programQuery>,
    @Caller() caller: Principal,
  ): Promise<EventExplanation> {
    const explained = await this.commissions.explain(programId, id, caller.partnerId);
    requireAccess(caller, { programId, partnerId: explained.partnerId ?? null }, readers);
    if (caller.partnerId === undefined || !explained.holds) return explained;
    return { ...explained, holds: explained.holds.map(holdForPartner) };
  }

  @Get('partners/:id/earnings')
  @Endpoint({
    summary: "List a partner's commission lines, newest first",
    roles: readers,
    response: linePage,
    errors: ['not-found'],
    csv: [
      'occurredAt',
      'eventId',
      'kind',
      'rule',
      'clause',
      'amount.amountMinor',
      'amount.currency',
      'vestsAt',
      'vested',
    ],
  })
  async earnings(
    @IdParam('id', 'prt') partnerId: string,
    @ZodQuery(linesQuery) query: z.infer<typeof linesQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, readers);
    const page = await this.commissions.lines(programId, { ...query, partnerId });
    return { items: page.items, next: page.next };
  }
}

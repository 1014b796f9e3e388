import { Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import type { TouchResult } from '../../../libs/attribution/index.js';
import { CommissionsService } from '../../../libs/commissions/index.js';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { Caller, CallingActor, Endpoint, ZodBody, ZodQuery } from '../edge/index.js';
import { programQuery } from '../events/events.dto.js';
import { touchesAnswer, touchesBody } from './attribution.dto.js';

const senders: readonly Role[] = ['service', 'admin'];

/** How partners reached customers, in. */
@Controller('v1/touches')
export class TouchesController {
  constructor(private readonly commissions: CommissionsService) {}

  @Post()
  @Endpoint({
    summary: 'Report a touch (a click, coupon use or referral), or up to 1,000 as `touches`',
    description:
      'The same id with the same content counts once; with other content it is refused. A touch that comes late attributes the events after it again, and the differences are booked.',
    roles: senders,
    response: touchesAnswer,
    bodyExample: {
      touches: [
        {
          ...{ id: 'lead-1', kind: 'referral', occurredAt: '2026-03-01T10:00:00Z' },
          ...{ partner: 'prt_…', customer: 'c-1', role: 'introducer' },
        },
      ],
    },
    errors: ['invalid-document', 'event-conflict', 'not-found', 'payload-too-large'],
  })
  async report(
    @ZodQuery(programQuery) { programId }: z.infer<typeof programQuery>,
    @ZodBody(touchesBody) body: z.infer<typeof touchesBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<TouchResult | { results: TouchResult[] }> {
    requireProgram(caller, programId, senders);
    if (Array.isArray(body['touches'])) {
      return { results: await this.commissions.reportTouches(programId, body['touches'], actor) };
    }
    const [result] = await this.commissions.reportTouches(programId, [body], actor);
    if (result!.status !== 'refused') return result!;
    const { code, message, errors } = result!.problem;
    throw new DomainError(code, message, errors);
  }
}

import { Controller, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Clock } from '../../../libs/kernel/clock.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { commissionReview, type Actor, type ReviewResult } from '../../../libs/orchestration/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { CutOffRuns } from '../cut-off-runs.js';
import { Caller, CallingActor, Endpoint, ZodBody } from '../edge/index.js';
import { reviewRun, reviewRunBody } from './holds.dto.js';

const runners: readonly Role[] = ['finance', 'partner_manager', 'admin'];

/** What the Schedule of reviews does by itself, on request. */
@Controller('v1/commission-review-runs')
export class ReviewRunsController {
  constructor(
    private readonly runs: CutOffRuns,
    private readonly programs: ProgramsService,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Look at new events by the rules that hold, and at the deadlines of holds and disputes',
    roles: runners,
    response: reviewRun,
    errors: ['invalid-document', 'not-found'],
    mayTakeLong: true,
  })
  async run(
    @ZodBody(reviewRunBody) { programId, cutOff }: z.infer<typeof reviewRunBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<ReviewResult> {
    requireProgram(caller, programId, runners);
    await this.programs.get(programId);
    const cutOffMs = Date.parse(cutOff);
    if (cutOffMs > this.clock.now().getTime()) {
      const error = { pointer: '/cutOff', message: 'must not lie in the future' };
      throw new DomainError('invalid-document', 'the cut-off has not come yet', [error]);
    }
    const workflowId = commissionReview.workflowId(programId, cutOffMs);
    const location = `/v1/holds?programId=${programId}`;
    return this.runs.run(commissionReview, workflowId, { ...actor, programId, cutOffMs }, location);
  }
}

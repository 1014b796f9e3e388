import { Controller, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Clock } from '../../../libs/kernel/clock.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { agreementCalendar, type Actor, type CalendarResult } from '../../../libs/orchestration/index.js';
import { Settings } from '../../../libs/platform/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { CutOffRuns } from '../cut-off-runs.js';
import { Caller, CallingActor, Endpoint, ZodBody } from '../edge/index.js';
import { calendarRun, calendarRunBody } from './agreements.dto.js';

const runners: readonly Role[] = ['legal', 'partner_manager', 'admin'];

/** What the agreements' Schedule does by itself, on request. */
@Controller('v1/agreement-calendar-runs')
export class CalendarRunsController {
  constructor(
    private readonly runs: CutOffRuns,
    private readonly programs: ProgramsService,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Do what fell due in the lives of agreements up to a cut-off',
    roles: runners,
    response: calendarRun,
    errors: ['invalid-document', 'not-found'],
    mayTakeLong: true,
  })
  async run(
    @ZodBody(calendarRunBody) { programId, cutOff }: z.infer<typeof calendarRunBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<CalendarResult> {
    requireProgram(caller, programId, runners);
    await this.programs.get(programId);
    const cutOffMs = Date.parse(cutOff);
    if (cutOffMs > this.clock.now().getTime() && !this.settings.env.REHEARSAL) {
      const error = { pointer: '/cutOff', message: 'must not lie in the future' };
      throw new DomainError('invalid-document', 'the cut-off has not come yet', [error]);
    }
    const workflowId = agreementCalendar.workflowId(programId, cutOffMs);
    const location = `/v1/agreements?programId=${programId}`;
    return this.runs.run(agreementCalendar, workflowId, { ...actor, programId, cutOffMs }, location);
  }
}

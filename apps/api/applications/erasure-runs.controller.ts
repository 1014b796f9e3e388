import { Controller, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal } from '../../../libs/identity/index.js';
import { ErasureService } from '../../../libs/onboarding/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, ZodBody } from '../edge/index.js';
import { erasureRun, erasureRunBody } from './review.dto.js';

/** What a program's Schedule does every day, on request. */
@Controller('v1/applicant-erasures')
export class ErasureRunsController {
  constructor(
    private readonly erasure: ErasureService,
    private readonly programs: ProgramsService,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Erase all applicants of a program whose time to be kept is over',
    description: 'Starts the run that the program has on a Schedule; each erasure is a fact in the audit.',
    roles: ['admin'],
    status: 202,
    response: erasureRun,
    errors: ['not-found'],
  })
  async start(
    @ZodBody(erasureRunBody) { programId }: z.infer<typeof erasureRunBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<z.infer<typeof erasureRun>> {
    requireProgram(caller, programId, ['admin']);
    await this.programs.get(programId);
    const { cutOff } = await this.erasure.startRun(programId, actor);
    return { programId, cutOff: cutOff.toISOString() };
  }
}

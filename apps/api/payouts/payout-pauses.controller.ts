import { Controller, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor, BatchStatus } from '../../../libs/orchestration/index.js';
import { PayoutsService } from '../../../libs/payouts/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { batchStatus, reasonBody } from './payouts.dto.js';

const stoppers: readonly Role[] = ['finance', 'finance_approver'];

/** The emergency brake of a batch whose money is leaving. */
@Controller('v1/payout-batches')
export class PayoutPausesController {
  constructor(private readonly payouts: PayoutsService) {}

  @Post(':id/pause')
  @Endpoint({
    summary: 'Stop a batch that is being paid: nothing more is sent, what is on its way goes on',
    roles: stoppers,
    response: batchStatus,
    errors: ['illegal-transition', 'not-found'],
  })
  async pause(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller);
    return this.payouts.pause({ ...actor, batchId, reason });
  }

  @Post(':id/resumption')
  @Endpoint({
    summary: 'Go on with a batch that was stopped',
    roles: stoppers,
    response: batchStatus,
    errors: ['illegal-transition', 'not-found'],
  })
  async resume(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller);
    return this.payouts.resume({ ...actor, batchId, reason });
  }

  private async programOf(batchId: string, caller: Principal): Promise<void> {
    const { programId } = await this.payouts.batch(batchId);
    requireProgram(caller, programId, stoppers);
  }
}

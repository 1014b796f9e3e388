import { Controller, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Clock } from '../../../libs/kernel/clock.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { toSafeNumber } from '../../../libs/kernel/money.js';
import {
  commissionVesting,
  payoutCollection,
  type Actor,
  type CollectionResult,
  type VestingResult,
} from '../../../libs/orchestration/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, ZodBody } from '../edge/index.js';
import { CutOffRuns } from '../cut-off-runs.js';
import { collectionRun, runBody, vestingRun } from './payouts.dto.js';

const runners: readonly Role[] = ['finance', 'admin'];

/** What schedules do by themselves, on request and with a cut-off of one's own: the same cut-off is the same run. */
@Controller('v1')
export class PayoutRunsController {
  constructor(
    private readonly runs: CutOffRuns,
    private readonly programs: ProgramsService,
    private readonly clock: Clock,
  ) {}

  @Post('vesting-runs')
  @Endpoint({
    summary: 'Vest what has been held long enough at a cut-off',
    roles: runners,
    response: vestingRun,
    errors: ['invalid-document', 'not-found'],
    mayTakeLong: true,
  })
  async vest(
    @ZodBody(runBody) body: z.infer<typeof runBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    const { currency, cutOffMs } = await this.prepare(body, caller);
    const { programId } = body;
    const workflowId = commissionVesting.workflowId(programId, cutOffMs);
    const result = await this.runs.run<VestingResult>(
      commissionVesting,
      workflowId,
      { ...actor, programId, cutOffMs },
      '/v1/ledger/accounts',
    );
    return { lines: result.lines, vested: { amountMinor: toSafeNumber(BigInt(result.vestedMinor)), currency } };
  }

  @Post('payout-collections')
  @Endpoint({
    summary: 'Draft a batch of what has vested at a cut-off',
    roles: runners,
    response: collectionRun,
    errors: ['invalid-document', 'not-found'],
    mayTakeLong: true,
  })
  async collect(
    @ZodBody(runBody) body: z.infer<typeof runBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    const { currency, cutOffMs } = await this.prepare(body, caller);
    const { programId } = body;
    const workflowId = payoutCollection.workflowId(programId, cutOffMs);
    const location = `/v1/payout-batches?programId=${programId}`;
    const result = await this.runs.run<CollectionResult>(
      payoutCollection,
      workflowId,
      { ...actor, programId, cutOffMs },
      location,
    );
    return {
      batchId: result.batchId ?? null,
      items: result.items,
      total: { amountMinor: toSafeNumber(BigInt(result.totalMinor)), currency },
      carried: { amountMinor: toSafeNumber(BigInt(result.carriedMinor)), currency },
      carriedPartners: result.carried ?? {},
    };
  }

  private async prepare(
    { programId, cutOff }: z.infer<typeof runBody>,
    caller: Principal,
  ): Promise<{ currency: string; cutOffMs: number }> {
    requireProgram(caller, programId, runners);
    const { document } = await this.programs.get(programId);
    const cutOffMs = Date.parse(cutOff);
    if (cutOffMs > this.clock.now().getTime()) {
      const error = { pointer: '/cutOff', message: 'must not lie in the future' };
      throw new DomainError('invalid-document', 'the cut-off has not come yet', [error]);
    }
    return { currency: document.currency, cutOffMs };
  }
}

import { Controller, Post } from '@nestjs/common';
import { isGrpcServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
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
import { Settings } from '../../../libs/platform/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, StillRunning, ZodBody } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { collectionRun, runBody, vestingRun } from './payouts.dto.js';

const runners: readonly Role[] = ['finance', 'admin'];
const waitMs = 60_000;
/** gRPC's status for a deadline that has passed. */
const deadlineExceeded: number = 4;

/** What schedules do by themselves, on request and with a cut-off of one's own: the same cut-off is the same run. */
@Controller('v1')
export class PayoutRunsController {
  constructor(
    private readonly workflows: Workflows,
    private readonly programs: ProgramsService,
    private readonly clock: Clock,
    private readonly settings: Settings,
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
    const result = await this.run<VestingResult>(
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
    const result = await this.run<CollectionResult>(
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

  /** Starts the run, or joins the one with the same cut-off, and waits for its result. */
  private async run<Result>(
    process: { type: string; taskQueue: string },
    workflowId: string,
    input: unknown,
    location: string,
  ): Promise<Result> {
    const { client } = this.workflows;
    try {
      await client.workflow.start(process.type, {
        workflowId,
        taskQueue: `${this.settings.env.TASK_QUEUE_PREFIX}${process.taskQueue}`,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      return await client.withDeadline(
        Date.now() + waitMs,
        () => client.workflow.getHandle(workflowId).result() as Promise<Result>,
      );
    } catch (error) {
      if (isGrpcServiceError(error) && Number(error.code) === deadlineExceeded) throw new StillRunning(location);
      throw error;
    }
  }
}

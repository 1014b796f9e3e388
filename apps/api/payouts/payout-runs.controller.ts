import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Clock } from '../../../libs/kernel/clock.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { moneyToJson, toSafeNumber } from '../../../libs/kernel/money.js';
import {
  commissionVesting,
  payoutCollection,
  type Actor,
  type CollectionResult,
  type VestingResult,
} from '../../../libs/orchestration/index.js';
import { PartnersService } from '../../../libs/partners/index.js';
import { PayoutsService, type BatchPreview } from '../../../libs/payouts/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, ZodBody, ZodQuery } from '../edge/index.js';
import { CutOffRuns } from '../cut-off-runs.js';
import { collectionRun, offCycleBody, previewQuery, previews, runBody, vestingRun } from './payouts.dto.js';
import { itemAmountsOf, totalsOf } from './payout-views.js';

const runners: readonly Role[] = ['finance', 'admin'];

/** What schedules do by themselves, on request and with a cut-off of one's own: the same cut-off is the same run. */
@Controller('v1')
export class PayoutRunsController {
  constructor(
    private readonly runs: CutOffRuns,
    private readonly payouts: PayoutsService,
    private readonly partners: PartnersService,
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
    return toCollection(result, currency);
  }

  @Get('payout-preview')
  @Endpoint({
    summary: 'See what a batch drafted now would hold, of what has vested; nothing is written',
    roles: [...runners, 'finance_approver', 'auditor'],
    response: previews,
    errors: ['invalid-document', 'not-found'],
  })
  async preview(
    @ZodQuery(previewQuery) { programId, cutOff }: z.infer<typeof previewQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, [...runners, 'finance_approver', 'auditor']);
    const cutOffMs = this.pastInstant(cutOff);
    const found = await this.payouts.preview({ programId, cutOffMs });
    return { items: found.map(toPreview) };
  }

  @Post('off-cycle-payouts')
  @Endpoint({
    summary: 'Draft a batch of its own for one partner, between the schedules; the same controls hold',
    roles: ['finance'],
    response: collectionRun,
    errors: ['invalid-document', 'not-found'],
  })
  async offCycle(
    @ZodBody(offCycleBody) { partnerId, cutOff, ignoresMinimum, reason }: z.infer<typeof offCycleBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    const { program_id: programId } = await this.partners.get(partnerId);
    requireProgram(caller, programId, ['finance']);
    const { currency } = (await this.programs.get(programId)).document;
    const request = { programId, partnerId, cutOffMs: this.pastInstant(cutOff), ignoresMinimum, reason };
    return toCollection(await this.payouts.draftOffCycle({ ...request, ...actor }), currency);
  }

  private pastInstant(instant: string | undefined): number {
    const now = this.clock.now().getTime();
    const asked = instant === undefined ? now : Date.parse(instant);
    if (asked <= now) return asked;
    const error = { pointer: '/cutOff', message: 'must not lie in the future' };
    throw new DomainError('invalid-document', 'the cut-off has not come yet', [error]);
  }

  private async prepare(
    { programId, cutOff }: z.infer<typeof runBody>,
    caller: Principal,
  ): Promise<{ currency: string; cutOffMs: number }> {
    requireProgram(caller, programId, runners);
    const { document } = await this.programs.get(programId);
    return { currency: document.currency, cutOffMs: this.pastInstant(cutOff) };
  }
}

type CollectedIn = Omit<CollectionResult, 'others' | 'credits'>;

function toCollection(
  { others = [], credits = { issued: 0, held: 0 }, ...own }: CollectionResult,
  currency: string,
): object {
  return {
    ...inCurrency(own, currency),
    others: others.map(({ currency: other, ...result }) => inCurrency(result, other)),
    credits,
  };
}

function inCurrency(result: CollectedIn, currency: string): object {
  return {
    batchId: result.batchId ?? null,
    items: result.items,
    total: { amountMinor: toSafeNumber(BigInt(result.totalMinor)), currency },
    withheld: { amountMinor: toSafeNumber(BigInt(result.withheldMinor ?? '0')), currency },
    held: result.held ?? 0,
    carried: { amountMinor: toSafeNumber(BigInt(result.carriedMinor)), currency },
    carriedPartners: result.carried ?? {},
  };
}

/** Entries of a preview that are told one by one. */
const toldAtMost = 1_000;

function toPreview({ currency, totalMinor, withheldMinor, items, carried }: BatchPreview): object {
  const money = (amountMinor: bigint) => moneyToJson({ amountMinor, currency });
  return {
    ...totalsOf({ totalMinor, withheldMinor }, currency),
    itemCount: items.length,
    carriedCount: carried.length,
    payments: items.slice(0, toldAtMost).map(({ partnerId, state, causes, ...amounts }) => {
      return { partnerId, state, causes, ...itemAmountsOf(amounts, currency) };
    }),
    carried: carried.slice(0, toldAtMost).map(({ amountMinor, ...one }) => ({ ...one, amount: money(amountMinor) })),
  };
}

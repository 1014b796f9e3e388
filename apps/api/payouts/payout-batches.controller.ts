import { Controller, Get, Post } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { moneyToJson, toSafeNumber } from '../../../libs/kernel/money.js';
import {
  approveBatch,
  cancelBatch,
  editBatch,
  payoutBatch,
  recallBatch,
  rejectBatch,
  releaseBatch,
  submitBatch,
  type Actor,
  type BatchStatus,
} from '../../../libs/orchestration/index.js';
import { PayoutsService, type BatchSummary } from '../../../libs/payouts/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody, ZodQuery } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { itemAmountsOf, totalsOf } from './payout-views.js';
import {
  approvalBody,
  batchDetail,
  batchesQuery,
  batchPage,
  batchStatus,
  editBody,
  itemPage,
  itemsQuery,
  reasonBody,
  reconciliation,
} from './payouts.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor'];
const moveErrors = ['illegal-transition', 'not-found'] as const;

/** Payout batches: drafted by a schedule, submitted by their maker, approved by somebody else. */
@Controller('v1/payout-batches')
export class PayoutBatchesController {
  constructor(
    private readonly payouts: PayoutsService,
    private readonly workflows: Workflows,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List batches by state and amount',
    roles: readers,
    response: batchPage,
    errors: ['not-found'],
    csv: [
      'id',
      'programId',
      'state',
      'cutOff',
      'total.amountMinor',
      'total.currency',
      'gross.amountMinor',
      'withheld.amountMinor',
      'itemCount',
      'madeBy',
      'approvedBy',
    ],
  })
  async page(
    @ZodQuery(batchesQuery) query: z.infer<typeof batchesQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const { programId, state, ...request } = query;
    requireProgram(caller, programId, readers);
    const page = await this.payouts.listBatches(programId, {
      ...request,
      states: state === undefined ? undefined : [state],
    });
    return { items: page.items.map(toView), next: page.next };
  }

  @Get(':id')
  @Endpoint({
    summary: 'Read a batch with its items by state',
    roles: readers,
    response: batchDetail,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'bat') id: string, @Caller() caller: Principal): Promise<unknown> {
    await this.programOf(id, caller, readers);
    const { itemStates, carriedPartners, approvals, ...batch } = await this.payouts.batch(id);
    const states = itemStates.map(({ state, items, totalMinor }) => {
      return { state, items, total: moneyToJson({ amountMinor: totalMinor, currency: batch.currency }) };
    });
    return { ...toView(batch), itemStates: states, approvals, carriedPartners };
  }

  @Get(':id/items')
  @Endpoint({
    summary: 'List the items of a batch',
    roles: readers,
    response: itemPage,
    errors: ['not-found'],
    csv: [
      'id',
      'partnerId',
      'partnerReference',
      'amount.amountMinor',
      'amount.currency',
      'gross.amountMinor',
      'withheld.amountMinor',
      'withholding.ruleId',
      'withholding.ratePercent',
      'state',
      'railReference',
      'failureCode',
    ],
  })
  async items(
    @IdParam('id', 'bat') id: string,
    @ZodQuery(itemsQuery) { state, ...request }: z.infer<typeof itemsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    await this.programOf(id, caller, readers);
    const page = await this.payouts.listItems(id, { ...request, states: state === undefined ? undefined : [state] });
    const items = page.items.map(({ amountMinor, withheldMinor, withholding, currency, ...item }) => ({
      ...item,
      ...itemAmountsOf({ amountMinor, withheldMinor, withholding }, currency),
      railReference: item.railReference ?? null,
      failureCode: item.failureCode ?? null,
      remittanceSha256: item.remittanceSha256 ?? null,
    }));
    return { items, next: page.next };
  }

  @Get(':id/reconciliation')
  @Endpoint({
    summary: "Hold our items, our ledger and the rail's report against each other",
    roles: readers,
    response: reconciliation,
    errors: ['not-found'],
  })
  async reconcile(@IdParam('id', 'bat') id: string, @Caller() caller: Principal): Promise<unknown> {
    await this.programOf(id, caller, readers);
    const { itemsMinor, ledgerMinor, railMinor, reservedMinor, withheldMinor, withheldLedgerMinor, ...facts } =
      await this.payouts.reconcile(id);
    return {
      ...facts,
      withheldMinor: toSafeNumber(withheldMinor),
      withheldLedgerMinor: toSafeNumber(withheldLedgerMinor),
      itemsMinor: toSafeNumber(itemsMinor),
      ledgerMinor: toSafeNumber(ledgerMinor),
      railMinor: toSafeNumber(railMinor),
      reservedMinor: toSafeNumber(reservedMinor),
    };
  }

  @Post(':id/submission')
  @Endpoint({
    summary: 'Submit a draft: its items are fixed, hashed and reserved, and the caller is its maker',
    roles: ['finance'],
    response: batchStatus,
    errors: moveErrors,
    mayTakeLong: true,
  })
  async submit(
    @IdParam('id', 'bat') batchId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance']);
    return this.decide(submitBatch, { ...actor, batchId }, updateId);
  }

  @Post(':id/approvals')
  @Endpoint({
    summary: 'Approve a frozen batch, by the hash of what was looked at; never by its maker',
    description:
      "How many approvals a batch needs follows from the program's rules and its amount. Who submitted or edited it, or last changed the bank details of one of its partners, cannot approve it. The last approval releases it, unless the program has a release of its own or the account at the rail lacks the money: it is `approved` then.",
    roles: ['finance_approver'],
    response: batchStatus,
    errors: [...moveErrors, 'maker-is-checker', 'hash-mismatch', 'forbidden'],
    mayTakeLong: true,
  })
  async approve(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(approvalBody) { contentHash }: z.infer<typeof approvalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance_approver']);
    return this.decide(approveBatch, { ...actor, batchId, contentHash }, updateId);
  }

  @Post(':id/release')
  @Endpoint({
    summary: 'Release an approved batch to the payment rail',
    description: 'Refused while the account at the rail does not hold what the batch comes to.',
    roles: ['finance'],
    response: batchStatus,
    errors: [...moveErrors, 'hash-mismatch', 'insufficient-funds'],
    mayTakeLong: true,
  })
  async release(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(approvalBody) { contentHash }: z.infer<typeof approvalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance']);
    return this.decide(releaseBatch, { ...actor, batchId, contentHash }, updateId);
  }

  @Post(':id/recall')
  @Endpoint({
    summary: 'Take a batch back before its release: what was reserved goes back to the partners',
    roles: ['finance'],
    response: batchStatus,
    errors: moveErrors,
    mayTakeLong: true,
  })
  async recall(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance']);
    return this.decide(recallBatch, { ...actor, batchId, reason }, updateId);
  }

  @Post(':id/edits')
  @Endpoint({
    summary: 'Take items out of a batch, put them back, and check all again; approvals of before are void',
    description: 'With no items, held ones whose findings are gone come back, and those with new findings are held.',
    roles: ['finance'],
    response: batchStatus,
    errors: moveErrors,
    mayTakeLong: true,
  })
  async edit(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(editBody) body: z.infer<typeof editBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance']);
    return this.decide(editBatch, { ...actor, ...body, batchId }, updateId);
  }

  @Post(':id/rejection')
  @Endpoint({
    summary: 'Reject a frozen batch: what was reserved goes back to the partners',
    roles: ['finance_approver'],
    response: batchStatus,
    errors: moveErrors,
    mayTakeLong: true,
  })
  async reject(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance_approver']);
    return this.decide(rejectBatch, { ...actor, batchId, reason }, updateId);
  }

  @Post(':id/cancellation')
  @Endpoint({
    summary: 'Cancel a draft; the next collection takes what was in it',
    roles: ['finance'],
    response: batchStatus,
    errors: moveErrors,
    mayTakeLong: true,
  })
  async cancel(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance']);
    return this.decide(cancelBatch, { ...actor, batchId, reason }, updateId);
  }

  /** Sends a decision to the batch's workflow and waits for its outcome. */
  private decide<Input extends { batchId: string }>(
    decision: UpdateDefinition<BatchStatus, [Input]>,
    input: Input,
    updateId: string,
  ): Promise<BatchStatus> {
    const { batchId } = input;
    const location = `/v1/payout-batches/${batchId}`;
    return this.workflows.update(payoutBatch.workflowId(batchId), decision, input, { updateId, location });
  }

  private async programOf(batchId: string, caller: Principal, roles: readonly Role[]): Promise<void> {
    const { programId } = await this.payouts.batch(batchId);
    requireProgram(caller, programId, roles);
  }
}

function toView({ totalMinor, withheldMinor, carriedMinor, items, currency, ...batch }: BatchSummary): object {
  return {
    ...batch,
    ...totalsOf({ totalMinor, withheldMinor }, currency),
    itemCount: items,
    carried: moneyToJson({ amountMinor: carriedMinor, currency }),
    contentHash: batch.contentHash ?? null,
    madeBy: batch.madeBy ?? null,
    approvedBy: batch.approvedBy ?? null,
    requiredApprovals: batch.requiredApprovals ?? null,
    releasedBy: batch.releasedBy ?? null,
    pausedAt: batch.pausedAt ?? null,
    reason: batch.reason ?? null,
  };
}

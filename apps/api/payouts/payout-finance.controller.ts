import { Controller, Get, Post, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { moneyToJson, toSafeNumber } from '../../../libs/kernel/money.js';
import type { Actor, BatchStatus } from '../../../libs/orchestration/index.js';
import {
  BatchClosing,
  BatchReports,
  causesOf,
  FinanceOverviews,
  PayoutsService,
  type KeptReconciliation,
} from '../../../libs/payouts/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { csvOf } from '../edge/csv.interceptor.js';
import { itemAmountsOf } from './payout-views.js';
import {
  batchStatus,
  exceptionPage,
  exceptionsQuery,
  keptReconciliations,
  noteBody,
  noteMade,
  overview,
  overviewQuery,
} from './payouts.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor'];

const csvColumns = [
  ...['id', 'batchId', 'partnerId', 'partnerReference', 'amount.amountMinor', 'amount.currency', 'state', 'causes'],
  ...['gross.amountMinor', 'withheld.amountMinor', 'withholding.ruleId', 'withholding.ratePercent'],
  ...['attempt', 'railReference', 'remittanceSha256', 'stateSince'],
];

/** Finance's page: exceptions first, what waits for whom, and the end of each batch. */
@Controller('v1')
export class PayoutFinanceController {
  constructor(
    private readonly payouts: PayoutsService,
    private readonly overviews: FinanceOverviews,
    private readonly closing: BatchClosing,
    private readonly reports: BatchReports,
  ) {}

  @Get('payout-overview')
  @Endpoint({
    summary: 'What of payouts is wrong, what waits for whom, and how much is in each state',
    roles: readers,
    response: overview,
    errors: ['not-found'],
  })
  async overview(
    @ZodQuery(overviewQuery) { programId }: z.infer<typeof overviewQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const { exceptions, waiting, batches } = await this.overviews.overview(programId);
    return { exceptions: exceptions.map(withTotal), waiting: waiting.map(withTotal), batches: batches.map(withTotal) };
  }

  @Get('payout-exceptions')
  @Endpoint({
    summary: 'List the payouts that a person must look at, the most urgent first',
    roles: readers,
    response: exceptionPage,
    errors: ['not-found'],
    csv: ['itemId', 'batchId', 'partnerReference', 'state', 'amount.amountMinor', 'amount.currency', 'causes', 'since'],
  })
  async exceptions(
    @ZodQuery(exceptionsQuery) { programId, ...request }: z.infer<typeof exceptionsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const page = await this.overviews.exceptions(programId, request);
    const items = page.items.map(({ amountMinor, currency, ...item }) => {
      return { ...item, amount: moneyToJson({ amountMinor, currency }) };
    });
    return { items, next: page.next };
  }

  @Get('payout-batches/:id/report')
  @Endpoint({
    summary: 'Read a batch as PDF: its approvals, its sums by state and its first 2,000 payouts',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async report(@IdParam('id', 'bat') id: string, @Caller() caller: Principal): Promise<StreamableFile> {
    await this.programOf(id, caller, readers);
    const bytes = await this.reports.pdf(id);
    return new StreamableFile(bytes, {
      type: 'application/pdf',
      disposition: `inline; filename="payout-batch-${id}.pdf"`,
    });
  }

  @Get('payout-batches/:id/file')
  @Endpoint({
    summary: 'Read all payouts of a batch as one CSV file',
    roles: readers,
    contentType: 'text/csv',
    errors: ['not-found'],
  })
  async file(@IdParam('id', 'bat') id: string, @Caller() caller: Principal): Promise<StreamableFile> {
    await this.programOf(id, caller, readers);
    const items = (await this.reports.allItems(id)).map((item) => ({
      ...item,
      ...itemAmountsOf(item, item.currency),
      causes: causesOf(item).join(' '),
      stateSince: item.stateSince.toISOString(),
    }));
    return new StreamableFile(Buffer.from(csvOf(csvColumns, items)), {
      type: 'text/csv; charset=utf-8; header=present',
      disposition: `attachment; filename="payout-batch-${id}.csv"`,
    });
  }

  @Get('payout-batches/:id/reconciliations')
  @Endpoint({
    summary: 'List what a batch was held against the rail with, and the notes that explain differences',
    roles: readers,
    response: keptReconciliations,
    errors: ['not-found'],
  })
  async reconciliations(@IdParam('id', 'bat') id: string, @Caller() caller: Principal): Promise<unknown> {
    await this.programOf(id, caller, readers);
    return { items: (await this.closing.reconciliations(id)).map(toView) };
  }

  @Post('payout-batches/:id/reconciliations')
  @Endpoint({
    summary: "Hold an ended batch against the rail's report and keep what is found",
    roles: ['finance'],
    response: batchStatus,
    errors: ['illegal-transition', 'not-found'],
  })
  async reconcile(
    @IdParam('id', 'bat') batchId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance']);
    return this.closing.reconcile({ ...actor, batchId });
  }

  @Post('payout-batches/:id/reconciliation-notes')
  @Endpoint({
    summary: 'Explain the differences of the newest reconciliation; it counts once somebody else approves it',
    roles: ['finance'],
    response: noteMade,
    status: 201,
    errors: ['illegal-transition', 'not-found'],
  })
  async explain(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(noteBody) { note }: z.infer<typeof noteBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    await this.programOf(batchId, caller, ['finance']);
    return { id: await this.closing.explain({ ...actor, batchId, note }) };
  }

  @Post('payout-batches/:id/reconciliation-notes/:noteId/approval')
  @Endpoint({
    summary: 'Approve the note of somebody else',
    roles: ['finance_approver'],
    errors: ['illegal-transition', 'maker-is-checker', 'not-found'],
  })
  async approveNote(
    @IdParam('id', 'bat') batchId: string,
    @IdParam('noteId', 'rcn') noteId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    await this.programOf(batchId, caller, ['finance_approver']);
    await this.closing.approveNote({ ...actor, batchId, noteId });
  }

  @Post('payout-batches/:id/closing')
  @Endpoint({
    summary: 'Close a reconciled batch: its tellings agree, or an approved note explains why not',
    roles: ['finance'],
    response: batchStatus,
    errors: ['illegal-transition', 'not-found'],
  })
  async close(
    @IdParam('id', 'bat') batchId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<BatchStatus> {
    await this.programOf(batchId, caller, ['finance']);
    return this.closing.close({ ...actor, batchId });
  }

  private async programOf(batchId: string, caller: Principal, roles: readonly Role[]): Promise<void> {
    const { programId } = await this.payouts.batch(batchId);
    requireProgram(caller, programId, roles);
  }
}

function withTotal<Row extends { totalMinor: bigint; currency: string }>({
  totalMinor,
  currency,
  ...row
}: Row): object {
  return { ...row, total: moneyToJson({ amountMinor: totalMinor, currency }) };
}

function toView({ notes, ...kept }: KeptReconciliation): object {
  const { itemsMinor, ledgerMinor, railMinor, reservedMinor, withheldMinor, withheldLedgerMinor } = kept;
  return {
    ...kept,
    withheldMinor: toSafeNumber(withheldMinor),
    withheldLedgerMinor: toSafeNumber(withheldLedgerMinor),
    itemsMinor: toSafeNumber(itemsMinor),
    ledgerMinor: toSafeNumber(ledgerMinor),
    railMinor: toSafeNumber(railMinor),
    reservedMinor: toSafeNumber(reservedMinor),
    notes: notes.map((note) => {
      return { ...note, approvedBy: note.approvedBy ?? null, approvedAt: note.approvedAt ?? null };
    }),
  };
}

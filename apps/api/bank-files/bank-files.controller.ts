import { Controller, Get, Post, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { moneyToJson } from '../../../libs/kernel/money.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import {
  BankFilesService,
  BankReportsService,
  PayoutsService,
  type BankFile,
  type InstructionRow,
} from '../../../libs/payouts/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import {
  acknowledgementBody,
  bankFileList,
  bankFileView,
  instructionPage,
  instructionsQuery,
  paymentBody,
  preparationBody,
} from './bank-files.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor'];
const moveErrors = ['illegal-transition', 'not-found'] as const;
const pageSize = 200;

/** Payment files for the bank: made of a batch, handed over once, acknowledged. */
@Controller('v1')
export class BankFilesController {
  constructor(
    private readonly files: BankFilesService,
    private readonly reports: BankReportsService,
    private readonly payouts: PayoutsService,
  ) {}

  @Get('payout-batches/:id/bank-files')
  @Endpoint({
    summary: 'List the payment files of a batch',
    roles: readers,
    response: bankFileList,
    errors: ['not-found'],
  })
  async list(@IdParam('id', 'bat') batchId: string, @Caller() caller: Principal): Promise<unknown> {
    await this.requireBatch(batchId, caller, readers);
    return { items: (await this.files.list(batchId)).map(toView), next: null };
  }

  @Post('payout-batches/:id/bank-files')
  @Endpoint({
    summary: 'Make the payment files of a batch; all of its files, also those that were made before',
    description: 'Once all of its payments are written. What is in a file is never put into another one.',
    roles: ['finance'],
    response: bankFileList,
    errors: [...moveErrors, 'invalid-document', 'unavailable'],
  })
  async prepare(
    @IdParam('id', 'bat') batchId: string,
    @ZodBody(preparationBody) { executionDate }: z.infer<typeof preparationBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    await this.requireBatch(batchId, caller, ['finance']);
    return { items: (await this.files.prepare(batchId, executionDate, actor)).map(toView), next: null };
  }

  @Get('bank-files/:id')
  @Endpoint({
    summary: 'Read what a payment file is, without its bytes',
    roles: readers,
    response: bankFileView,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'bfl') id: string, @Caller() caller: Principal): Promise<unknown> {
    return toView(await this.require(id, caller, readers));
  }

  @Get('bank-files/:id/instructions')
  @Endpoint({
    summary: 'List the payments of a file, accounts masked, 200 a page',
    roles: readers,
    response: instructionPage,
    errors: ['not-found'],
  })
  async instructions(
    @IdParam('id', 'bfl') id: string,
    @ZodQuery(instructionsQuery) { cursor }: z.infer<typeof instructionsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    await this.require(id, caller, readers);
    const rows = await this.files.instructions(id, cursor);
    return { items: rows.map(toInstruction), next: rows.length < pageSize ? null : rows.at(-1)!.id };
  }

  @Post('bank-files/:id/hand-over')
  @Endpoint({
    summary:
      'Hand a file over to the bank, once: into its folder where there is one, else to the caller, who downloads it',
    roles: ['finance'],
    response: bankFileView,
    errors: moveErrors,
  })
  async handOver(
    @IdParam('id', 'bfl') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    await this.require(id, caller, ['finance']);
    return toView((await this.files.handOver(id, actor)).file);
  }

  @Post('bank-files/:id/download')
  @Endpoint({
    summary: 'Read the bytes of a file that was handed over; each reading is in the audit trail',
    roles: ['finance'],
    contentType: 'application/octet-stream',
    errors: moveErrors,
  })
  async download(
    @IdParam('id', 'bfl') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<StreamableFile> {
    await this.require(id, caller, ['finance']);
    const { file, bytes } = await this.files.content(id, actor);
    return new StreamableFile(bytes, {
      type: 'application/octet-stream',
      disposition: `attachment; filename="${file.file_name}"`,
    });
  }

  @Post('bank-files/:id/acknowledgement')
  @Endpoint({
    summary: 'Say that the bank took a file, or rejected all of it, where it sends no report of that',
    roles: ['finance'],
    response: bankFileView,
    errors: moveErrors,
  })
  async acknowledge(
    @IdParam('id', 'bfl') id: string,
    @ZodBody(acknowledgementBody) { accepted, reason }: z.infer<typeof acknowledgementBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    await this.require(id, caller, ['finance']);
    await this.reports.acknowledge(id, { isAccepted: accepted, reason }, actor);
    return toView(await this.files.get(id));
  }

  @Post('bank-files/:id/payment')
  @Endpoint({
    summary: "Say that the bank's statement shows an acknowledged file as paid, by the amount that it shows",
    description:
      'For banks that report returns alone, as ACH does. The amount must be that of all payments of the file.',
    roles: ['finance_approver'],
    response: bankFileView,
    errors: [...moveErrors, 'invalid-document'],
  })
  async confirmPaid(
    @IdParam('id', 'bfl') id: string,
    @ZodBody(paymentBody) { amountMinor, reason }: z.infer<typeof paymentBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    await this.require(id, caller, ['finance_approver']);
    await this.reports.confirmPaid(id, { amountMinor: BigInt(amountMinor), reason }, actor);
    return toView(await this.files.get(id));
  }

  private async require(fileId: string, caller: Principal, roles: readonly Role[]): Promise<BankFile> {
    const file = await this.files.get(fileId);
    requireProgram(caller, file.program_id, roles);
    return file;
  }

  private async requireBatch(batchId: string, caller: Principal, roles: readonly Role[]): Promise<void> {
    const { programId } = await this.payouts.batch(batchId);
    requireProgram(caller, programId, roles);
  }
}

function toView(file: BankFile): z.infer<typeof bankFileView> {
  return {
    id: file.id,
    programId: file.program_id,
    batchId: file.batch_id,
    rail: file.rail,
    state: file.state,
    messageId: file.message_id,
    fileName: file.file_name,
    sha256: file.sha256,
    sizeBytes: file.size_bytes,
    payments: file.instruction_count,
    total: moneyToJson({ amountMinor: BigInt(file.total_minor), currency: file.currency }),
    executionDate: file.execution_date,
    preparedBy: file.prepared_by,
    handedOverBy: file.handed_over_by,
    handedOverAt: file.handed_over_at?.toISOString() ?? null,
    handOver: file.hand_over,
    reasonCode: file.reason_code,
    createdAt: file.created_at.toISOString(),
    stateSince: file.state_since.toISOString(),
  };
}

function toInstruction(row: InstructionRow): z.infer<typeof instructionPage>['items'][number] {
  const { currency } = row;
  return {
    id: row.id,
    itemId: row.item_id,
    attempt: row.attempt,
    partnerId: row.partner_id,
    endToEndId: row.end_to_end_id,
    traceNumber: row.trace_number,
    amount: moneyToJson({ amountMinor: BigInt(row.amount_minor), currency }),
    returned: moneyToJson({ amountMinor: BigInt(row.returned_minor), currency }),
    account: row.masked_account,
    state: row.state,
    reasonCode: row.reason_code,
  };
}

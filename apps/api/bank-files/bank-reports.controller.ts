import { Controller, Get, Post, Req } from '@nestjs/common';
import type { z } from 'zod';
import { maxBankFileBytes } from '../../../libs/bank-files/index.js';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { moneyToJson } from '../../../libs/kernel/money.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { BankReportsService, type BankReportRow, type ReportEntryRow } from '../../../libs/payouts/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodQuery, type ApiRequest } from '../edge/index.js';
import { receivedReport, reportDetail, reportPage, reportQuery, reportsQuery } from './bank-files.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor'];
const pageSize = 200;

/** What the bank reports of payment files: the report is the truth, whoever brings it. */
@Controller('v1/bank-reports')
export class BankReportsController {
  constructor(private readonly reports: BankReportsService) {}

  @Post()
  @Endpoint({
    summary: 'Take in a report of the bank and apply it; the same bytes again change nothing',
    description:
      'The body is the report itself: pain.002 (03, 10), camt.054.001.08 or a NACHA return file, at most 20 MiB. Its ' +
      'bytes say which. One that cannot be read is refused whole, with the place of what is wrong.',
    roles: ['finance'],
    response: receivedReport,
    takes: { maxBytes: maxBankFileBytes },
    errors: ['not-found', 'invalid-document'],
  })
  async receive(
    @ZodQuery(reportQuery) { programId }: z.infer<typeof reportQuery>,
    @Req() request: ApiRequest,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    requireProgram(caller, programId, ['finance']);
    const { isRepeated, ...report } = await this.reports.receive(programId, request.body as Buffer, actor);
    return { ...toView(report), isRepeated };
  }

  @Get()
  @Endpoint({
    summary: 'List the reports of the bank, newest first, 200 a page',
    roles: readers,
    response: reportPage,
    errors: ['not-found'],
  })
  async list(
    @ZodQuery(reportsQuery) { programId, cursor }: z.infer<typeof reportsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const rows = await this.reports.list(programId, cursor);
    const items = rows.map((row) => ({ ...toView(row), open: row.open }));
    return { items, next: rows.length < pageSize ? null : rows.at(-1)!.id };
  }

  @Get(':id')
  @Endpoint({
    summary: 'Read what became of each entry of a report: applied, or named for a person to look at',
    roles: readers,
    response: reportDetail,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'brp') id: string, @Caller() caller: Principal): Promise<unknown> {
    const report = await this.reports.get(id);
    requireProgram(caller, report.program_id, readers);
    return { ...toView(report), entries: (await this.reports.entries(id)).map(toEntry) };
  }
}

function toView(row: BankReportRow) {
  return {
    id: row.id,
    programId: row.program_id,
    kind: row.kind,
    messageId: row.message_id,
    sha256: row.sha256,
    sizeBytes: row.size_bytes,
    receivedBy: row.received_by,
    receivedAt: row.received_at.toISOString(),
  };
}

function toEntry({ amount_minor, currency, ...row }: ReportEntryRow) {
  const hasAmount = amount_minor !== null && currency !== null;
  return {
    place: row.place,
    kind: row.kind,
    verdict: row.verdict,
    code: row.code,
    reasonCode: row.reason_code,
    reference: row.reference,
    amount: hasAmount ? moneyToJson({ amountMinor: BigInt(amount_minor), currency }) : null,
    fileId: row.file_id,
    instructionId: row.instruction_id,
  };
}

import { Controller, Get, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import { toSafeNumber } from '../../../libs/kernel/money.js';
import { bookingSpan, StatementPapers, Statements, type PartnerStanding } from '../../../libs/ledger/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { statementPage, statementPaperQuery, statementQuery } from './ledger.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'partner_manager', 'admin', 'auditor', 'partner'];
const amounts = ['accruedMinor', 'payableMinor', 'heldMinor', 'receivableMinor', 'totalMinor', 'balanceMinor'];
const facts = ['bookedAt', 'eventAt', 'kind', 'eventId', 'ruleId', 'clause', 'batchId', 'itemId', 'transactionId'];

/** Statements of account for partners. */
@Controller('v1/partners')
export class StatementsController {
  constructor(
    private readonly statements: Statements,
    private readonly papers: StatementPapers,
    private readonly partners: PartnerList,
    private readonly programs: ProgramsService,
  ) {}

  @Get(':id/statement')
  @Endpoint({
    summary: "Read a partner's statement of account over booking dates",
    description:
      "Days are of the program's zone, both included. `opening` and `closing` are of all these days, on every page; each line names what it is of and what the partner has to come after it.",
    roles: readers,
    response: statementPage,
    errors: ['not-found'],
    csv: [...facts, ...amounts],
  })
  async statement(
    @IdParam('id', 'prt') partnerId: string,
    @ZodQuery(statementQuery) { from, to, currency: wanted, ...page }: z.infer<typeof statementQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, readers);
    const { document } = await this.programs.get(programId);
    const { timeZone } = document;
    const currency = wanted ?? document.currency;
    const span = bookingSpan({ from, to }, timeZone);
    const { opening, closing, items, next } = await this.statements.page({
      ...page,
      programId,
      partnerId,
      currency,
      span,
    });
    const head = { partnerId, currency, timeZone, opening: toNumbers(opening), closing: toNumbers(closing) };
    const lines = items.map(({ balanceMinor, ...line }) => ({
      ...line,
      ...toNumbers(line),
      balanceMinor: toSafeNumber(balanceMinor),
    }));
    return { ...head, items: lines, next };
  }

  @Get(':id/statement/document')
  @Endpoint({
    summary: "Read a partner's statement of account over booking dates as PDF",
    description:
      "Days are of the program's zone, both included. A section for each of the partner's currencies, or for the one asked for: opening and closing balance, sums by what was booked and by clause of the signed contract, and each booking with its clause (more than 2,000 are summed by day; at most 100,000).",
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async document(
    @IdParam('id', 'prt') partnerId: string,
    @ZodQuery(statementPaperQuery) { from, to, currency }: z.infer<typeof statementPaperQuery>,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, readers);
    const bytes = await this.papers.pdf({ programId, partnerId, dates: { from, to }, currency });
    return new StreamableFile(bytes, {
      type: 'application/pdf',
      disposition: `inline; filename="statement-${partnerId}.pdf"`,
    });
  }
}

function toNumbers({ accruedMinor, payableMinor, heldMinor, receivableMinor, totalMinor }: PartnerStanding) {
  return {
    accruedMinor: toSafeNumber(accruedMinor),
    payableMinor: toSafeNumber(payableMinor),
    heldMinor: toSafeNumber(heldMinor),
    receivableMinor: toSafeNumber(receivableMinor),
    totalMinor: toSafeNumber(totalMinor),
  };
}

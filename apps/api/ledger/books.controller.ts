import { Readable } from 'node:stream';
import { Controller, Get, Post, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { toSafeNumber } from '../../../libs/kernel/money.js';
import {
  bookingSpan,
  JournalChain,
  JournalExport,
  LedgerService,
  PeriodCloses,
  type ClosedPeriod,
  type JournalBlock,
} from '../../../libs/ledger/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import type { Page } from '../../../libs/platform/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, ZodBody, ZodQuery } from '../edge/index.js';
import {
  blockPage,
  blocksQuery,
  closeBody,
  closedPeriod,
  closingList,
  closingQuery,
  journalQuery,
  movementList,
  movementsQuery,
  periodList,
  periodsQuery,
} from './ledger.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor'];
const mediaTypes = { csv: 'text/csv; charset=utf-8; header=present', hledger: 'text/plain; charset=utf-8' } as const;

/** What an accountant does with the books: balances by date, the journal for other programs, closed months, the chain. */
@Controller('v1/ledger')
export class BooksController {
  constructor(
    private readonly ledger: LedgerService,
    private readonly chain: JournalChain,
    private readonly periods: PeriodCloses,
    private readonly journal: JournalExport,
    private readonly programs: ProgramsService,
  ) {}

  @Get('movements')
  @Endpoint({
    summary: 'Read the trial balance over booking dates: opening, debits, credits and closing of each account',
    description:
      "Days are of the program's zone, both included. By code it sums the accounts of all partners and batches.",
    roles: readers,
    response: movementList,
    errors: ['not-found'],
    csv: ['code', 'ownerId', 'side', 'currency', 'openingMinor', 'debitMinor', 'creditMinor', 'closingMinor'],
  })
  async movements(
    @ZodQuery(movementsQuery) { programId, by, ...dates }: z.infer<typeof movementsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const { document } = await this.programs.get(programId);
    const rows = await this.ledger.movements(programId, bookingSpan(dates, document.timeZone), by);
    const items = rows.map(({ openingMinor, debitMinor, creditMinor, closingMinor, ...row }) => ({
      ...row,
      openingMinor: toSafeNumber(openingMinor),
      debitMinor: toSafeNumber(debitMinor),
      creditMinor: toSafeNumber(creditMinor),
      closingMinor: toSafeNumber(closingMinor),
    }));
    return { items, next: null };
  }

  @Get('journal')
  @Endpoint({
    summary: 'Read the journal by booking date, oldest first, as CSV or as a text that hledger or beancount reads',
    description: "However long it is: it is sent while it is read. Days are of the program's zone, both included.",
    roles: readers,
    contentType: 'text/csv',
    errors: ['not-found'],
  })
  async journalFile(
    @ZodQuery(journalQuery) { programId, format, ...dates }: z.infer<typeof journalQuery>,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    requireProgram(caller, programId, readers);
    const { document } = await this.programs.get(programId);
    const { timeZone, slug } = document;
    const span = bookingSpan(dates, timeZone);
    const pieces = this.journal.write({ programId, title: slug, timeZone, span, format });
    const extension = { csv: 'csv', hledger: 'journal', beancount: 'beancount' }[format];
    return new StreamableFile(Readable.from(pieces, { objectMode: false }), {
      type: format === 'csv' ? mediaTypes.csv : mediaTypes.hledger,
      disposition: `attachment; filename="journal.${extension}"`,
    });
  }

  @Get('blocks')
  @Endpoint({
    summary: 'List the blocks that chain the journal, newest first',
    description:
      'Note the newest number and hash elsewhere: with them it can be proved that nothing before has changed.',
    roles: readers,
    response: blockPage,
    errors: ['not-found'],
  })
  blocks(
    @ZodQuery(blocksQuery) { programId, ...page }: z.infer<typeof blocksQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<JournalBlock>> {
    requireProgram(caller, programId, readers);
    return this.chain.blocks(programId, page);
  }

  @Get('periods')
  @Endpoint({
    summary: 'List the months whose books are closed, newest first',
    roles: readers,
    response: periodList,
    errors: ['not-found'],
    csv: ['period', 'fromAt', 'untilAt', 'timeZone', 'closedAt', 'closedBy'],
  })
  async closed(
    @ZodQuery(periodsQuery) { programId }: z.infer<typeof periodsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    return { items: await this.periods.list(programId), next: null };
  }

  @Post('periods')
  @Endpoint({
    summary: 'Close the books of a month for good',
    description:
      "The month is over on the calendar of the program's zone, and follows the one closed before; the first one closes all that was booked earlier. What is learnt later is booked later.",
    roles: ['finance'],
    response: closedPeriod,
    status: 201,
    errors: ['illegal-transition', 'already-exists', 'not-found'],
  })
  close(
    @ZodBody(closeBody) { programId, period }: z.infer<typeof closeBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<ClosedPeriod> {
    requireProgram(caller, programId, ['finance']);
    return this.periods.close(programId, period, actor);
  }

  @Get('closing-balances')
  @Endpoint({
    summary: 'Read the trial balance that was recorded when a month was closed',
    roles: readers,
    response: closingList,
    errors: ['not-found'],
    csv: ['code', 'ownerId', 'side', 'currency', 'debitMinor', 'creditMinor', 'closingMinor'],
  })
  async closing(
    @ZodQuery(closingQuery) { programId, period }: z.infer<typeof closingQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const rows = await this.periods.closing(programId, period);
    const items = rows.map(({ debitMinor, creditMinor, closingMinor, ...row }) => ({
      ...row,
      debitMinor: toSafeNumber(debitMinor),
      creditMinor: toSafeNumber(creditMinor),
      closingMinor: toSafeNumber(closingMinor),
    }));
    return { items, next: null };
  }
}

import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { JournalChain } from './journal-chain.js';
import { JournalExport } from './journal-export.js';
import { LedgerService } from './ledger.service.js';
import { PeriodCloses } from './period-closes.js';
import { StatementPapers } from './statement-papers.js';
import { Statements } from './statements.js';
import { SuspendedMoney } from './suspended-money.js';

const services = [
  LedgerService,
  JournalChain,
  JournalExport,
  PeriodCloses,
  Statements,
  StatementPapers,
  SuspendedMoney,
];

/** The double-entry ledger. */
@Module({ imports: [ProgramsModule], providers: services, exports: services })
export class LedgerModule {}

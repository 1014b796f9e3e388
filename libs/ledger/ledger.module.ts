import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { JournalChain } from './journal-chain.js';
import { LedgerService } from './ledger.service.js';
import { PeriodCloses } from './period-closes.js';

const services = [LedgerService, JournalChain, PeriodCloses];

/** The double-entry ledger. */
@Module({ imports: [ProgramsModule], providers: services, exports: services })
export class LedgerModule {}

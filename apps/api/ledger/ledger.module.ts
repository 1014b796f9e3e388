import { Module } from '@nestjs/common';
import { LedgerModule } from '../../../libs/ledger/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { BooksController } from './books.controller.js';
import { LedgerController } from './ledger.controller.js';
import { StatementsController } from './statements.controller.js';

@Module({
  imports: [LedgerModule, PartnersModule, ProgramsModule],
  controllers: [LedgerController, BooksController, StatementsController],
})
export class LedgerApiModule {}

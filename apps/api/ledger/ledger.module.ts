import { Module } from '@nestjs/common';
import { LedgerModule } from '../../../libs/ledger/index.js';
import { LedgerController } from './ledger.controller.js';

@Module({ imports: [LedgerModule], controllers: [LedgerController] })
export class LedgerApiModule {}

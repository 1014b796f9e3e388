import { Module } from '@nestjs/common';
import { LedgerService } from './ledger.service.js';
import { SuspendedMoney } from './suspended-money.js';

/** The double-entry ledger. */
@Module({ providers: [LedgerService, SuspendedMoney], exports: [LedgerService, SuspendedMoney] })
export class LedgerModule {}

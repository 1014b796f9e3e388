import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/index.js';
import { PartnerDebts } from './partner-debts.js';
import { WriteOffs } from './write-offs.js';

/** What partners owe: from which refunds it came, and what is given up of it. */
@Module({ imports: [LedgerModule], providers: [PartnerDebts, WriteOffs], exports: [PartnerDebts, WriteOffs] })
export class ReceivablesModule {}

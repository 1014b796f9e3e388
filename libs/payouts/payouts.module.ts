import { Module } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DocumentsModule } from '../documents/index.js';
import { LedgerModule } from '../ledger/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsModule } from '../programs/index.js';
import { BatchCompletion } from './batch-completion.js';
import { BatchDecisions } from './batch-decisions.js';
import { BatchDrafts } from './batch-drafts.js';
import { PayoutRail } from './domain/index.js';
import { HeldMoney } from './held-money.js';
import { ItemOutcomes } from './item-outcomes.js';
import { ItemSender } from './item-sender.js';
import { PayoutAccounts } from './payout-accounts.js';
import { PayoutLists } from './payout-lists.js';
import { PayoutsService } from './payouts.service.js';
import { RailReports } from './rail-reports.js';
import { railOf } from './rails/rail-of-environment.js';
import { Reconciler } from './reconciliation.js';
import { StoreCreditRail } from './rails/store-credit.rail.js';
import { StoreCredits } from './store-credit/store-credits.js';
import { UnknownItems } from './unknown-items.js';

@Module({
  imports: [DocumentsModule, LedgerModule, ProgramsModule],
  providers: [
    { provide: PayoutRail, useFactory: railOf, inject: [Settings, Database] },
    BatchCompletion,
    BatchDecisions,
    BatchDrafts,
    HeldMoney,
    ItemOutcomes,
    ItemSender,
    PayoutAccounts,
    PayoutLists,
    PayoutsService,
    RailReports,
    Reconciler,
    StoreCreditRail,
    StoreCredits,
    UnknownItems,
  ],
  exports: [PayoutsService, PayoutRail, StoreCreditRail, StoreCredits],
})
export class PayoutsModule {}

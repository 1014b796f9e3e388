import { Module } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DocumentsModule } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { Keyring } from '../kernel/keyring.js';
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
import { PayoutRails } from './payout-rails.js';
import { PayoutsService } from './payouts.service.js';
import { RailReports } from './rail-reports.js';
import {
  BankFilesService,
  BankReportsService,
  DestinationOf,
  IsoCreditTransferRail,
  NachaRail,
  NoDestinations,
} from './rails/bank-files/index.js';
import { stripeOf } from './rails/rail-of-environment.js';
import { Reconciler } from './reconciliation.js';
import { StoreCreditRail } from './rails/store-credit.rail.js';
import { StoreCredits } from './store-credit/store-credits.js';
import { UnknownItems } from './unknown-items.js';

/** Stripe's rail of the environment, and the rails of bank files. */
function railsOf(settings: Settings, database: Database, clock: Clock, keyring: Keyring, destinations: DestinationOf) {
  const parts = { database, clock, keyring, destinations };
  return new PayoutRails([stripeOf(settings, database), new IsoCreditTransferRail(parts), new NachaRail(parts)]);
}

@Module({
  imports: [DocumentsModule, LedgerModule, ProgramsModule],
  providers: [
    { provide: DestinationOf, useClass: NoDestinations },
    { provide: PayoutRails, useFactory: railsOf, inject: [Settings, Database, Clock, Keyring, DestinationOf] },
    {
      provide: PayoutRail,
      useFactory: (rails: PayoutRails, { env }: Settings) => rails.named(env.PAYOUT_RAIL),
      inject: [PayoutRails, Settings],
    },
    BankFilesService,
    BankReportsService,
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
  exports: [
    PayoutsService,
    PayoutRail,
    PayoutRails,
    BankFilesService,
    BankReportsService,
    StoreCreditRail,
    StoreCredits,
  ],
})
export class PayoutsModule {}

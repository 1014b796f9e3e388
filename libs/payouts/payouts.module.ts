import { Module } from '@nestjs/common';
import { CommissionsModule } from '../commissions/index.js';
import { Database } from '../database/index.js';
import { DocumentsModule } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { Keyring } from '../kernel/keyring.js';
import { LedgerModule } from '../ledger/index.js';
import { PayeeChecks, PayeesModule, PayoutDestinations } from '../payees/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsModule } from '../programs/index.js';
import { BankAccountTelling, ToldBankAccounts } from './bank-account-telling.js';
import { BatchApprovals } from './batch-approvals.js';
import { BatchClosing } from './batch-closing.js';
import { BatchCompletion } from './batch-completion.js';
import { BatchDecisions } from './batch-decisions.js';
import { BatchDrafts } from './batch-drafts.js';
import { BatchEdits } from './batch-edits.js';
import { BatchItems } from './batch-items.js';
import { BatchMoves } from './batch-moves.js';
import { BatchPauses } from './batch-pauses.js';
import { BatchReports } from './batch-reports.js';
import { PayoutRail } from './domain/index.js';
import { FinanceOverviews } from './finance-overview.js';
import { Funds } from './funds.js';
import { HeldMoney } from './held-money.js';
import { ItemChecks, PartnerStanding } from './item-checks.js';
import { ItemPapers } from './item-papers.js';
import { ItemOutcomes } from './item-outcomes.js';
import { ItemPages } from './item-pages.js';
import { ItemRetries } from './item-retries.js';
import { ItemScreening } from './item-screening.js';
import { ItemSender } from './item-sender.js';
import { PayoutAccounts } from './payout-accounts.js';
import { PayoutLists } from './payout-lists.js';
import { PayoutRails } from './payout-rails.js';
import { BankDetailEditors, BatchRates, PayeeDestinations, ProgramBatchRates } from './payout-ports.js';
import { PayoutsService } from './payouts.service.js';
import { RailReports } from './rail-reports.js';
import {
  BankFilesService,
  BankReportsService,
  DestinationOf,
  IsoCreditTransferRail,
  NachaRail,
} from './rails/bank-files/index.js';
import { stripeOf } from './rails/rail-of-environment.js';
import { Reconciler } from './reconciliation.js';
import { StoreCreditRail } from './rails/store-credit.rail.js';
import { CreditIssuing } from './store-credit/credit-issuing.js';
import { CreditRuns } from './store-credit/credit-runs.js';
import { StoreCredits } from './store-credit/store-credits.js';
import { UnknownItems } from './unknown-items.js';

/** Stripe's rails as the environment has them, and those of bank files. */
function railsOf(settings: Settings, database: Database, clock: Clock, keyring: Keyring, destinations: DestinationOf) {
  const parts = { database, clock, keyring, destinations };
  const rails = [...stripeOf(settings, database), new IsoCreditTransferRail(parts), new NachaRail(parts)];
  return new PayoutRails(rails, settings.env.PAYOUT_RAIL);
}

/** What holds an item of a batch: each check is named here. */
function checksOf(payees: PayeeChecks, rails: PayoutRails, clock: Clock): ItemChecks {
  return new ItemChecks([new PartnerStanding(), new ToldBankAccounts(rails, clock), payees]);
}

@Module({
  imports: [CommissionsModule, DocumentsModule, LedgerModule, PayeesModule, ProgramsModule],
  providers: [
    { provide: DestinationOf, useClass: PayeeDestinations },
    { provide: PayoutRails, useFactory: railsOf, inject: [Settings, Database, Clock, Keyring, DestinationOf] },
    {
      provide: PayoutRail,
      useFactory: (rails: PayoutRails, { env }: Settings) => rails.named(env.PAYOUT_RAIL),
      inject: [PayoutRails, Settings],
    },
    { provide: BankDetailEditors, useExisting: PayoutDestinations },
    { provide: BatchRates, useClass: ProgramBatchRates },
    { provide: ItemChecks, useFactory: checksOf, inject: [PayeeChecks, PayoutRails, Clock] },
    BankAccountTelling,
    BankFilesService,
    BankReportsService,
    BatchApprovals,
    BatchClosing,
    BatchCompletion,
    BatchDecisions,
    BatchDrafts,
    BatchEdits,
    BatchItems,
    BatchMoves,
    BatchPauses,
    BatchReports,
    CreditIssuing,
    CreditRuns,
    FinanceOverviews,
    Funds,
    HeldMoney,
    ItemOutcomes,
    ItemPages,
    ItemPapers,
    ItemRetries,
    ItemScreening,
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
    ...[PayoutsService, PayoutRail, PayoutRails, BatchClosing, BatchReports, FinanceOverviews],
    ...[BankFilesService, BankReportsService, StoreCreditRail, StoreCredits, CreditRuns, ItemPapers],
    BankAccountTelling,
  ],
})
export class PayoutsModule {}

import { Module } from '@nestjs/common';
import { DocumentsModule } from '../documents/index.js';
import { LedgerModule } from '../ledger/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsModule } from '../programs/index.js';
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
import { ItemOutcomes } from './item-outcomes.js';
import { ItemRetries } from './item-retries.js';
import { ItemScreening } from './item-screening.js';
import { ItemSender } from './item-sender.js';
import { PayoutAccounts } from './payout-accounts.js';
import { PayoutLists } from './payout-lists.js';
import { BankDetailEditors, BatchRates, NoBankDetailEditors, NoBatchRates } from './payout-ports.js';
import { PayoutsService } from './payouts.service.js';
import { RailReports } from './rail-reports.js';
import { createStripeRail } from './rails/stripe-transfers.rail.js';
import { Reconciler } from './reconciliation.js';
import { UnknownItems } from './unknown-items.js';

/** Stripe by the environment's key; a sandbox where the environment names its address. */
function railOf({ env }: Settings): PayoutRail {
  return createStripeRail({
    apiKey: env.STRIPE_API_KEY,
    webhookSecret: env.STRIPE_WEBHOOK_SECRET,
    timeoutMs: env.RAIL_TIMEOUT_MS,
    ...(env.STRIPE_API_BASE === undefined ? {} : { apiBase: env.STRIPE_API_BASE }),
  });
}

/** What holds an item of a batch: each check is named here. */
function checksOf(rail: PayoutRail): ItemChecks {
  return new ItemChecks([new PartnerStanding(rail.name)]);
}

@Module({
  imports: [DocumentsModule, LedgerModule, ProgramsModule],
  providers: [
    { provide: PayoutRail, useFactory: railOf, inject: [Settings] },
    { provide: BankDetailEditors, useClass: NoBankDetailEditors },
    { provide: BatchRates, useClass: NoBatchRates },
    { provide: ItemChecks, useFactory: checksOf, inject: [PayoutRail] },
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
    FinanceOverviews,
    Funds,
    HeldMoney,
    ItemOutcomes,
    ItemRetries,
    ItemScreening,
    ItemSender,
    PayoutAccounts,
    PayoutLists,
    PayoutsService,
    RailReports,
    Reconciler,
    UnknownItems,
  ],
  exports: [PayoutsService, PayoutRail, BatchClosing, BatchReports, FinanceOverviews],
})
export class PayoutsModule {}

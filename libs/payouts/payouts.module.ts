import { Module } from '@nestjs/common';
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

@Module({
  imports: [DocumentsModule, LedgerModule, ProgramsModule],
  providers: [
    { provide: PayoutRail, useFactory: railOf, inject: [Settings] },
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
    UnknownItems,
  ],
  exports: [PayoutsService, PayoutRail],
})
export class PayoutsModule {}

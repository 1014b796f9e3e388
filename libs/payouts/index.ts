export * from './domain/index.js';
export * from './rails/bank-files/index.js';
export { PayoutRails } from './payout-rails.js';
export { BankAccountTelling } from './bank-account-telling.js';
export { BatchClosing, type KeptReconciliation, type ReconciliationNote } from './batch-closing.js';
export { contentHashOf } from './batch-items.js';
export type { BatchRow as HashedBatch, ItemRow as HashedItem } from './rows.js';
export { BatchReports, causesOf } from './batch-reports.js';
export {
  exceptionStates,
  FinanceOverviews,
  type BatchesInState,
  type FinanceOverview,
  type PayoutException,
  type WaitingBatch,
} from './finance-overview.js';
export { createStripeRail, type StripeRailOptions } from './rails/stripe-transfers.rail.js';
export type { BatchPreview, OffCycleRequest } from './batch-drafts.js';
export { ItemCheck, ItemChecks, type CheckedPayout, type ItemFinding } from './item-checks.js';
export { ItemPapers, type ItemPaper } from './item-papers.js';
export { BankDetailEditors, BatchRates } from './payout-ports.js';
export type { SliceResult } from './item-sender.js';
export type { BatchDetail, BatchesRequest, BatchSummary, ItemsRequest, ItemSummary } from './payout-lists.js';
export { PayoutsModule } from './payouts.module.js';
export { PayoutsService } from './payouts.service.js';
export type { Progress } from './progress.js';
export type { Reconciliation } from './reconciliation.js';
export { StoreCreditRail } from './rails/store-credit.rail.js';
export { CreditRuns, type CreditRunResult } from './store-credit/credit-runs.js';
export { StoreCredits, type CreditsRequest, type StoreCredit } from './store-credit/store-credits.js';

export * from './domain/index.js';
export { LedgerModule } from './ledger.module.js';
export {
  LedgerService,
  type AccountBalance,
  type BalanceFilter,
  type PartnerBalances,
  type TrialBalance,
} from './ledger.service.js';
export type { AccountEntriesRequest, AccountEntry, BookedTransaction, TransactionsRequest } from './ledger-lists.js';
export type { Posting } from './posting.js';
export { SuspendedMoney } from './suspended-money.js';
export { lockPartners } from './partner-lock.js';

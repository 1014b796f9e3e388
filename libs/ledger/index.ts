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
export { partMinor, withParts } from './posting-parts.js';
export { SuspendedMoney } from './suspended-money.js';
export { lockAndRead, lockPartners } from './partner-lock.js';
export { ChainRunner } from './chain-runner.js';
export { verifyChain, type ChainFault, type ChainVerification } from './chain-verification.js';
export { JournalChain, type JournalBlock } from './journal-chain.js';
export { PeriodCloses, type ClosedPeriod, type ClosingBalance } from './period-closes.js';
export type { AccountMovement } from './account-movements.js';
export { journalColumns, JournalExport, type JournalExportRequest } from './journal-export.js';
export { StatementPapers, type StatementPaperRequest } from './statement-papers.js';
export {
  Statements,
  type PartnerStanding,
  type Statement,
  type StatementLine,
  type StatementRequest,
} from './statements.js';

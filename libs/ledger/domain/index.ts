/** The pure face of the ledger: the chart of accounts and the builders of its transactions. */
export {
  accountSide,
  balanceOn,
  batchAccount,
  companyAccount,
  partnerAccount,
  type AccountCode,
  type AccountRef,
  type AccountSide,
  type BatchAccountCode,
  type CompanyAccountCode,
  type PartnerAccountCode,
} from './accounts.js';
export type {
  LedgerTransaction,
  Leg,
  Occasion,
  TransactionKind,
  TransactionPart,
  TransactionRefs,
} from './ledger-transaction.js';
export {
  accrue,
  accrueTogether,
  clawback,
  net,
  reverse,
  tenderAccounts,
  vest,
  vestReversal,
  type PartnerOccasion,
  type PayableOccasion,
  type Tender,
} from './commission-transactions.js';
export { issueCredit, voidCredit } from './credit-transactions.js';
export {
  adjustDown,
  adjustUp,
  hold,
  holdSuspended,
  releaseHold,
  releaseSuspended,
  writeOff,
} from './holding-transactions.js';
export {
  fail,
  giveBack,
  releaseHeld,
  reserveAgain,
  reserve,
  returnToHeld,
  settle,
  submit,
  type ItemOccasion,
  type SettledItemOccasion,
} from './payout-transactions.js';
export { partnerWords } from './transaction-words.js';
export { genesisHash } from './journal-hash.js';
export { bookingDate, bookingSpan, endOfPeriod, type BookingDates, type BookingSpan } from './booking-periods.js';

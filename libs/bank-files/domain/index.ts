/** The files that banks take and give: pure writers and strict readers. */
export {
  achText,
  achGroups,
  checkedEntry,
  maxAchCents,
  type AchEntry,
  type AchFile,
  type AchSender,
} from './ach-entries.js';
export { readAchFile } from './ach-reader.js';
export { readAchReturns, type AchChange, type AchReturn, type AchReturnFile } from './ach-returns.js';
export { checkedAchFile, writeAchFile } from './ach-writer.js';
export { readBankReport, type BankReport } from './bank-reports.js';
export { isBankText, toBankText } from './bank-text.js';
export { readCamt054, type AccountNotification, type NotifiedEntry } from './camt054-reader.js';
export {
  hasValidCheckDigits,
  paymentParts,
  type CreditTransfer,
  type CreditTransferFile,
  type IbanAccount,
  type PaymentPart,
} from './credit-transfers.js';
export { controlSum } from './decimals.js';
export { attemptOfEndToEndId, endToEndIdOf, maxAttempt, messageIdOf } from './end-to-end-id.js';
export { readPain001 } from './pain001-reader.js';
export { checkedFile, checkedTransfer, writePain001 } from './pain001-writer.js';
export {
  readPain002,
  type PartStatus,
  type PaymentStatus,
  type StatusMeaning,
  type StatusReport,
  type TransactionStatus,
} from './pain002-reader.js';
export { checkDigitOf, isRoutingNumber } from './routing-number.js';
export { maxBankFileBytes } from './xml-reader.js';

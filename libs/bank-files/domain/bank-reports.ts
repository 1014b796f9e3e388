import { readAchReturns, type AchReturnFile } from './ach-returns.js';
import { camt054Namespace, readCamt054, type AccountNotification } from './camt054-reader.js';
import { pain002Pattern, readPain002, type StatusReport } from './pain002-reader.js';
import { unreadable } from './unreadable.js';
import { readXml } from './xml-reader.js';

/** What a bank reports about payments that it was sent in a file. */
export type BankReport = StatusReport | AccountNotification | AchReturnFile;

/** Reads a report, whichever it is: its own bytes say so. @throws DomainError `invalid-document`, with the place */
export function readBankReport(bytes: Uint8Array): BankReport {
  if (/^101/.test(Buffer.from(bytes.subarray(0, 3)).toString('latin1'))) return readAchReturns(bytes);
  const { namespace } = readXml(bytes);
  if (pain002Pattern.test(namespace)) return readPain002(bytes);
  if (namespace === camt054Namespace) return readCamt054(bytes);
  throw unreadable('', 'must be a pain.002, a camt.054.001.08 or a NACHA return file');
}

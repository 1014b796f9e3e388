import { groupBy } from '../../kernel/group-by.js';
import { toBankText } from './bank-text.js';
import { isDay } from './credit-transfers.js';
import { isRoutingNumber } from './routing-number.js';
import { unwritable } from './unreadable.js';

/** `PPD`: to a person's account; `CCD`: to a company's. */
export type EntryClass = 'PPD' | 'CCD';

/** One payment of an ACH file, in US cents. */
export interface AchEntry {
  entryClass: EntryClass;
  /** The day on which the receiver is to have it, as `YYYY-MM-DD`. */
  effectiveDate: string;
  routingNumber: string;
  /** At most 17 characters. */
  accountNumber: string;
  accountType: 'checking' | 'savings';
  amountMinor: bigint;
  /** What the company knows the receiver by, at most 15 characters. */
  individualId: string;
  name: string;
  /** 15 digits: the first eight of the bank that the file goes through, and a number; a return names it. */
  traceNumber: string;
  /** An addenda record of at most 80 characters. */
  information?: string;
}

/** Who sends a file through whom. */
export interface AchSender {
  /** The routing number of the bank or operator that the file is handed to. */
  immediateDestination: string;
  immediateDestinationName: string;
  /** Ten characters, mostly a 1 and the tax number, as the bank assigns it. */
  immediateOrigin: string;
  /** Of the company, at most 16 characters where the receiver reads it. */
  companyName: string;
  /** Ten characters. */
  companyId: string;
  /** The routing number of the bank through which the entries are made. */
  originatingBank: string;
  /** What the receiver reads on its statement, at most 10 characters. */
  entryDescription: string;
}

export interface AchFile extends AchSender {
  /** To the minute. */
  createdAt: Date;
  /** `A` to `Z` and `0` to `9`: which of the files of one day to one destination it is. */
  fileIdModifier: string;
  /** At most 8 characters, for the sender's own use. */
  referenceCode: string;
  entries: readonly AchEntry[];
}

/** The entries of one class and day: they make one batch. */
export interface AchGroup {
  entryClass: EntryClass;
  effectiveDate: string;
  entries: readonly AchEntry[];
}

/** The largest amount of one entry: ten digits of cents. */
export const maxAchCents = 9_999_999_999n;

/** The batches of a file in the order of day and class. */
export function achGroups(entries: readonly AchEntry[]): AchGroup[] {
  const grouped = groupBy(entries, (entry) => `${entry.effectiveDate} ${entry.entryClass}`);
  return [...grouped.keys()].sort().map((key) => {
    const inGroup = grouped.get(key)!;
    const { entryClass, effectiveDate } = inGroup[0]!;
    // Trace numbers ascend within a batch.
    const ordered = [...inGroup].sort((a, b) => (a.traceNumber < b.traceNumber ? -1 : 1));
    return { entryClass, effectiveDate, entries: ordered };
  });
}

/** An entry as it is written. @throws DomainError `invalid-document` */
export function checkedEntry(entry: AchEntry, pointer = ''): AchEntry {
  const refuse = (field: string, message: string) => unwritable(`${pointer}/${field}`, message);
  if (entry.entryClass !== 'PPD' && entry.entryClass !== 'CCD') throw refuse('entryClass', 'must be PPD or CCD');
  if (!isDay(entry.effectiveDate)) throw refuse('effectiveDate', 'must be a day as YYYY-MM-DD');
  if (!isRoutingNumber(entry.routingNumber)) throw refuse('routingNumber', 'is no routing number');
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,16}$/.test(entry.accountNumber)) {
    throw refuse('accountNumber', 'must be 1 to 17 letters, digits or hyphens');
  }
  if (entry.amountMinor <= 0n || entry.amountMinor > maxAchCents) {
    throw refuse('amountMinor', `must be 1 to ${maxAchCents}`);
  }
  if (!/^\d{15}$/.test(entry.traceNumber)) throw refuse('traceNumber', 'must be 15 digits');
  const { information } = entry;
  return {
    ...entry,
    individualId: achText(entry.individualId, 15, `${pointer}/individualId`),
    name: achText(entry.name, 22, `${pointer}/name`),
    ...(information === undefined ? {} : { information: achText(information, 80, `${pointer}/information`) }),
  };
}

/** A text in the capitals and signs that every receiver reads. */
export function achText(text: string, maxLength: number, pointer: string): string {
  return toBankText(text, maxLength, pointer).toUpperCase();
}

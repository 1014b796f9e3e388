import { achGroups, achText, checkedEntry, type AchEntry, type AchFile, type AchGroup } from './ach-entries.js';
import { recordLength, writeRecord } from './nacha-layout.js';
import { isRoutingNumber } from './routing-number.js';
import { unwritable } from './unreadable.js';

/** Records come in blocks of ten. */
export const blockingFactor = 10;

/** Batches that only credit receivers. */
const creditsOnly = 220;

/** The transaction codes of a credit. */
export const creditCodes = { checking: 22, savings: 32 } as const;

interface Totals {
  records: number;
  hash: bigint;
  cents: bigint;
}

/**
 * An ACH file of credits (NACHA): a batch for each class and day, addenda where an entry has information, controls with
 * counts, hashes and totals, filled up to whole blocks.
 *
 * @throws DomainError `invalid-document` for what cannot be written
 */
export function writeAchFile(given: AchFile): Uint8Array {
  const file = checkedAchFile(given);
  const groups = achGroups(file.entries);
  const lines = [fileHeader(file)];
  const all: Totals = { records: 0, hash: 0n, cents: 0n };
  groups.forEach((group, index) => {
    const totals = writeBatch(file, group, index + 1, lines);
    all.records += totals.records;
    all.hash += totals.hash;
    all.cents += totals.cents;
  });
  const blockCount = Math.ceil((lines.length + 1) / blockingFactor);
  lines.push(
    writeRecord('9', 'fileControl', {
      ...{ batchCount: groups.length, blockCount, entryCount: all.records, entryHash: truncatedHash(all.hash) },
      ...{ totalDebit: 0, totalCredit: all.cents },
    }),
  );
  while (lines.length % blockingFactor !== 0) lines.push('9'.repeat(recordLength));
  return Buffer.from(`${lines.join('\n')}\n`, 'ascii');
}

/** The last ten digits of a sum of routing numbers. */
export function truncatedHash(hash: bigint): bigint {
  return hash % 10_000_000_000n;
}

/** The file as it is written: what reading it gives back. @throws DomainError `invalid-document` */
export function checkedAchFile(file: AchFile): AchFile {
  if (file.entries.length === 0) throw unwritable('/entries', 'must not be empty');
  for (const name of ['immediateDestination', 'originatingBank'] as const) {
    if (!isRoutingNumber(file[name])) throw unwritable(`/${name}`, 'is no routing number');
  }
  for (const name of ['immediateOrigin', 'companyId'] as const) {
    if (!/^[A-Z0-9]{9,10}$/.test(file[name])) throw unwritable(`/${name}`, 'must be 9 or 10 letters or digits');
  }
  if (!/^[A-Z0-9]$/.test(file.fileIdModifier)) throw unwritable('/fileIdModifier', 'must be A to Z or 0 to 9');
  const bank = file.originatingBank.slice(0, 8);
  const traces = new Set<string>();
  const entries = file.entries.map((entry, index) => {
    const pointer = `/entries/${index}`;
    const isForeign = !entry.traceNumber.startsWith(bank);
    if (isForeign) throw unwritable(`${pointer}/traceNumber`, 'must begin with the originating bank');
    if (traces.has(entry.traceNumber)) throw unwritable(`${pointer}/traceNumber`, 'stands there twice');
    traces.add(entry.traceNumber);
    return checkedEntry(entry, pointer);
  });
  return {
    ...file,
    immediateDestinationName: achText(file.immediateDestinationName, 23, '/immediateDestinationName'),
    companyName: achText(file.companyName, 16, '/companyName'),
    entryDescription: achText(file.entryDescription, 10, '/entryDescription'),
    referenceCode: achText(file.referenceCode, 8, '/referenceCode'),
    createdAt: new Date(Math.floor(file.createdAt.getTime() / 60_000) * 60_000),
    entries: achGroups(entries).flatMap((group) => group.entries),
  };
}

function fileHeader(file: AchFile): string {
  const created = file.createdAt.toISOString();
  return writeRecord('1', 'fileHeader', {
    priorityCode: '01',
    immediateDestination: file.immediateDestination.padStart(10, ' '),
    immediateOrigin: file.immediateOrigin.padStart(10, ' '),
    creationDate: sixDigits(created),
    creationTime: created.slice(11, 16).replace(':', ''),
    fileIdModifier: file.fileIdModifier,
    recordSize: recordLength,
    blockingFactor,
    formatCode: 1,
    immediateDestinationName: file.immediateDestinationName,
    immediateOriginName: file.companyName,
    referenceCode: file.referenceCode,
  });
}

function writeBatch(file: AchFile, group: AchGroup, batchNumber: number, lines: string[]): Totals {
  const totals: Totals = { records: 0, hash: 0n, cents: 0n };
  const shared = {
    serviceClass: creditsOnly,
    companyId: file.companyId,
    odfi: file.originatingBank.slice(0, 8),
    batchNumber,
  };
  lines.push(
    writeRecord('5', 'batchHeader', {
      ...shared,
      companyName: file.companyName,
      entryClass: group.entryClass,
      entryDescription: file.entryDescription,
      descriptiveDate: sixDigits(group.effectiveDate),
      effectiveDate: sixDigits(group.effectiveDate),
      originatorStatus: '1',
    }),
  );
  for (const entry of group.entries) {
    const written = entryRecords(entry);
    lines.push(...written);
    totals.records += written.length;
    totals.hash += BigInt(entry.routingNumber.slice(0, 8));
    totals.cents += entry.amountMinor;
  }
  lines.push(
    writeRecord('8', 'batchControl', {
      ...shared,
      entryCount: totals.records,
      entryHash: truncatedHash(totals.hash),
      totalDebit: 0,
      totalCredit: totals.cents,
    }),
  );
  return totals;
}

function entryRecords(entry: AchEntry): string[] {
  const detail = writeRecord('6', 'entry', {
    transactionCode: creditCodes[entry.accountType],
    receivingBank: entry.routingNumber.slice(0, 8),
    checkDigit: entry.routingNumber.charAt(8),
    accountNumber: entry.accountNumber,
    amount: entry.amountMinor,
    individualId: entry.individualId,
    individualName: entry.name,
    addendaIndicator: entry.information === undefined ? 0 : 1,
    traceNumber: entry.traceNumber,
  });
  if (entry.information === undefined) return [detail];
  const addenda = writeRecord('7', 'paymentAddenda', {
    addendaType: '05',
    information: entry.information,
    addendaSequence: 1,
    entrySequence: entry.traceNumber.slice(8),
  });
  return [detail, addenda];
}

/** A day or an instant as `YYMMDD`. */
function sixDigits(day: string): string {
  return day.slice(2, 10).replaceAll('-', '');
}

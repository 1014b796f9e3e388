import type { AchEntry, AchFile, EntryClass } from './ach-entries.js';
import { creditCodes } from './ach-writer.js';
import { isDay } from './credit-transfers.js';
import { readRecord, type Fields } from './nacha-layout.js';
import { readNacha, type RawBatch, type RawEntry } from './nacha-reader.js';
import { unreadable } from './unreadable.js';

/**
 * Reads a file of credits as {@link writeAchFile} writes it, to the cent.
 *
 * @throws DomainError `invalid-document`, with the line; also for debits, prenotes and classes that we do not write
 */
export function readAchFile(bytes: Uint8Array): AchFile {
  const { header, batches } = readNacha(bytes);
  const [first] = batches;
  if (!first) throw unreadable('/line/2', 'must be a batch');
  const sender = senderOf(first);
  const stranger = batches.find((batch) => JSON.stringify(senderOf(batch)) !== JSON.stringify(sender));
  if (stranger) throw unreadable(`/line/${stranger.line}`, 'is sent by another company or bank than the first batch');
  return {
    immediateDestination: header['immediateDestination'] ?? '',
    immediateDestinationName: header['immediateDestinationName'] ?? '',
    immediateOrigin: header['immediateOrigin'] ?? '',
    ...sender,
    createdAt: creationOf(header),
    fileIdModifier: header['fileIdModifier'] ?? '',
    referenceCode: header['referenceCode'] ?? '',
    entries: batches.flatMap((batch) => batch.entries.map((entry) => readCredit(batch, entry))),
  };
}

/** The originating bank with its check digit is not in the file: its first eight digits are. */
function senderOf({ header }: RawBatch) {
  return {
    companyName: header['companyName'] ?? '',
    companyId: header['companyId'] ?? '',
    originatingBank: header['odfi'] ?? '',
    entryDescription: header['entryDescription'] ?? '',
  };
}

/** When a file was made, in UTC. @throws DomainError `invalid-document` */
export function creationOf(header: Fields): Date {
  const time = header['creationTime'] ?? '';
  const day = dayOf(header['creationDate'] ?? '');
  const clock = time === '' ? '00:00' : `${time.slice(0, 2)}:${time.slice(2)}`;
  const created = new Date(`${day ?? ''}T${clock}:00Z`);
  if (day === undefined || Number.isNaN(created.getTime()))
    throw unreadable('/line/1/creationDate', 'must be a day and a time');
  return created;
}

function readCredit(batch: RawBatch, { line, fields, addenda }: RawEntry): AchEntry {
  const entryClass = batch.header['entryClass'];
  if (entryClass !== 'PPD' && entryClass !== 'CCD')
    throw unreadable(`/line/${batch.line}/entryClass`, 'must be PPD or CCD');
  if (batch.header['serviceClass'] !== '220') throw unreadable(`/line/${batch.line}/serviceClass`, 'must be 220');
  const effectiveDate = dayOf(batch.header['effectiveDate'] ?? '');
  if (effectiveDate === undefined) throw unreadable(`/line/${batch.line}/effectiveDate`, 'must be a day');
  const code = Number(fields['transactionCode']);
  const accountType = code === creditCodes.checking ? 'checking' : code === creditCodes.savings ? 'savings' : undefined;
  if (accountType === undefined) throw unreadable(`/line/${line}/transactionCode`, 'must be 22 or 32');
  const amountMinor = BigInt(fields['amount'] ?? 0);
  if (amountMinor === 0n) throw unreadable(`/line/${line}/amount`, 'must be more than zero');
  const information = informationOf(fields, addenda);
  return {
    entryClass: entryClass satisfies EntryClass,
    effectiveDate,
    routingNumber: `${fields['receivingBank']}${fields['checkDigit']}`,
    accountNumber: fields['accountNumber'] ?? '',
    accountType,
    amountMinor,
    individualId: fields['individualId'] ?? '',
    name: fields['individualName'] ?? '',
    traceNumber: fields['traceNumber'] ?? '',
    ...(information === undefined ? {} : { information }),
  };
}

function informationOf(entry: Fields, addenda: RawEntry['addenda']): string | undefined {
  const [first, second] = addenda;
  if (!first) return undefined;
  if (second) throw unreadable(`/line/${second.line}`, 'is a second addenda record of one entry');
  const fields = readRecord('paymentAddenda', first.text, first.line);
  const isOurs = fields['addendaType'] === '05' && fields['entrySequence'] === entry['traceNumber']?.slice(8);
  if (!isOurs) throw unreadable(`/line/${first.line}`, 'must be an addenda record 05 of the entry above it');
  return fields['information'];
}

function dayOf(sixDigits: string): string | undefined {
  const day = `20${sixDigits.slice(0, 2)}-${sixDigits.slice(2, 4)}-${sixDigits.slice(4)}`;
  return isDay(day) ? day : undefined;
}

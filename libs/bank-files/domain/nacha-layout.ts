import { unreadable, unwritable } from './unreadable.js';

/** A field of a fixed-width record: its first and last position, counted from 1 as in the NACHA rules' appendices. */
export interface Field {
  name: string;
  from: number;
  to: number;
  /** `number`: digits, filled with zeros from the left; `text`: filled with spaces from the right. */
  kind: 'number' | 'text';
}

export const recordLength = 94;

/** A layout from lines `name from to kind`; positions that no line names are written as spaces and not read. */
function layout(text: string): readonly Field[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', from, to, kind] = line.trim().split(/\s+/);
      return { name, from: Number(from), to: Number(to), kind: kind === 'number' ? 'number' : 'text' };
    });
}

/** The record types of the ACH file (NACHA Operating Rules, Appendix Three and Four). */
export const layouts = {
  fileHeader: layout(`
    priorityCode 2 3 number
    immediateDestination 4 13 text
    immediateOrigin 14 23 text
    creationDate 24 29 number
    creationTime 30 33 text
    fileIdModifier 34 34 text
    recordSize 35 37 number
    blockingFactor 38 39 number
    formatCode 40 40 number
    immediateDestinationName 41 63 text
    immediateOriginName 64 86 text
    referenceCode 87 94 text`),
  batchHeader: layout(`
    serviceClass 2 4 number
    companyName 5 20 text
    companyData 21 40 text
    companyId 41 50 text
    entryClass 51 53 text
    entryDescription 54 63 text
    descriptiveDate 64 69 text
    effectiveDate 70 75 text
    settlementDay 76 78 text
    originatorStatus 79 79 text
    odfi 80 87 number
    batchNumber 88 94 number`),
  entry: layout(`
    transactionCode 2 3 number
    receivingBank 4 11 number
    checkDigit 12 12 number
    accountNumber 13 29 text
    amount 30 39 number
    individualId 40 54 text
    individualName 55 76 text
    discretionaryData 77 78 text
    addendaIndicator 79 79 number
    traceNumber 80 94 number`),
  paymentAddenda: layout(`
    addendaType 2 3 number
    information 4 83 text
    addendaSequence 84 87 number
    entrySequence 88 94 number`),
  returnAddenda: layout(`
    addendaType 2 3 number
    reasonCode 4 6 text
    originalTrace 7 21 number
    dateOfDeath 22 27 text
    originalReceivingBank 28 35 number
    information 36 79 text
    traceNumber 80 94 number`),
  changeAddenda: layout(`
    addendaType 2 3 number
    changeCode 4 6 text
    originalTrace 7 21 number
    originalReceivingBank 28 35 number
    correctedData 36 64 text
    traceNumber 80 94 number`),
  batchControl: layout(`
    serviceClass 2 4 number
    entryCount 5 10 number
    entryHash 11 20 number
    totalDebit 21 32 number
    totalCredit 33 44 number
    companyId 45 54 text
    authenticationCode 55 73 text
    odfi 80 87 number
    batchNumber 88 94 number`),
  fileControl: layout(`
    batchCount 2 7 number
    blockCount 8 13 number
    entryCount 14 21 number
    entryHash 22 31 number
    totalDebit 32 43 number
    totalCredit 44 55 number`),
} as const;

export type RecordName = keyof typeof layouts;
export type Fields = Readonly<Record<string, string>>;

/** A record of 94 characters. Numbers that have more digits than their field are refused, texts are cut before. */
export function writeRecord(
  type: string,
  name: RecordName,
  values: Readonly<Record<string, string | number | bigint>>,
): string {
  const characters = Array.from({ length: recordLength }, () => ' ');
  characters[0] = type;
  for (const { name: field, from, to, kind } of layouts[name]) {
    const width = to - from + 1;
    const value = String(values[field] ?? '');
    if (value.length > width) throw unwritable(`/${name}/${field}`, `does not fit into ${width} characters`);
    const filled = kind === 'number' ? value.padStart(width, '0') : value.padEnd(width, ' ');
    for (let index = 0; index < width; index++) characters[from - 1 + index] = filled.charAt(index);
  }
  return characters.join('');
}

/** The fields of a record: numbers as their digits, texts without the spaces around them. */
export function readRecord(name: RecordName, line: string, lineNumber: number): Fields {
  return Object.fromEntries(
    layouts[name].map(({ name: field, from, to, kind }) => {
      const raw = line.slice(from - 1, to);
      if (kind === 'number' && !/^\d+$/.test(raw)) {
        throw unreadable(`/line/${lineNumber}/${field}`, `positions ${from} to ${to} must be digits`);
      }
      return [field, kind === 'number' ? raw : raw.trim()];
    }),
  );
}

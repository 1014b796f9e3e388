import { blockingFactor, truncatedHash } from './ach-writer.js';
import { readRecord, recordLength, type Fields } from './nacha-layout.js';
import { isRoutingNumber } from './routing-number.js';
import { unreadable } from './unreadable.js';
import { maxBankFileBytes } from './xml-reader.js';

/** An entry with its addenda, read and not yet understood. */
export interface RawEntry {
  line: number;
  fields: Fields;
  addenda: readonly { line: number; text: string }[];
}

export interface RawBatch {
  line: number;
  header: Fields;
  entries: readonly RawEntry[];
}

export interface RawFile {
  header: Fields;
  batches: readonly RawBatch[];
}

interface Totals {
  records: number;
  hash: bigint;
  debit: bigint;
  credit: bigint;
}

/** Goes through the records one by one; what it gives is checked against every control. */
class Records {
  private index = 0;

  constructor(private readonly lines: readonly string[]) {}

  get line(): number {
    return this.index + 1;
  }

  get type(): string {
    return this.lines[this.index]?.charAt(0) ?? '';
  }

  /** Whether this is a filler, which is a record of nines alone. */
  get isFiller(): boolean {
    return this.lines[this.index] === '9'.repeat(recordLength);
  }

  take(type: string): { line: number; text: string } {
    const text = this.lines[this.index];
    if (text?.charAt(0) !== type) throw unreadable(`/line/${this.line}`, `must be a record of type ${type}`);
    this.index += 1;
    return { line: this.index, text };
  }

  get isAtEnd(): boolean {
    return this.index >= this.lines.length;
  }
}

/**
 * The batches of a NACHA file, with every count, hash and total checked.
 *
 * @throws DomainError `invalid-document`, with the line
 */
export function readNacha(bytes: Uint8Array): RawFile {
  const records = new Records(linesOf(bytes));
  const first = records.take('1');
  const header = readRecord('fileHeader', first.text, first.line);
  if (header['recordSize'] !== '094' || header['blockingFactor'] !== '10' || header['formatCode'] !== '1') {
    throw unreadable('/line/1', 'must have records of 094 in blocks of 10, format 1');
  }
  const all: Totals = { records: 0, hash: 0n, debit: 0n, credit: 0n };
  const batches: RawBatch[] = [];
  while (records.type === '5') batches.push(readBatch(records, all));
  const last = records.take('9');
  const control = readRecord('fileControl', last.text, last.line);
  const blocks = Math.ceil(last.line / blockingFactor);
  requireTotals(control, last.line, all);
  if (Number(control['batchCount']) !== batches.length)
    throw unreadable(`/line/${last.line}/batchCount`, 'is not the number of the batches');
  if (Number(control['blockCount']) !== blocks)
    throw unreadable(`/line/${last.line}/blockCount`, 'is not the number of the blocks');
  while (records.isFiller) records.take('9');
  if (!records.isAtEnd) throw unreadable(`/line/${records.line}`, 'nothing follows the file control but fillers');
  return { header, batches };
}

function linesOf(bytes: Uint8Array): string[] {
  if (bytes.length > maxBankFileBytes) throw unreadable('', `must be at most ${maxBankFileBytes} bytes`);
  const text = Buffer.from(bytes).toString('latin1');
  if (!/^[\x20-\x7e\r\n]*$/.test(text)) throw unreadable('', 'must be printable ASCII');
  const isUnbroken = !/[\r\n]/.test(text.trimEnd()) && text.length > recordLength;
  const lines = isUnbroken ? (text.trimEnd().match(/.{1,94}/g) ?? []) : text.split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  // Some banks strip the spaces at a record's end.
  const padded = lines.map((line) => line.padEnd(recordLength, ' '));
  const wrong = padded.findIndex((line) => line.length !== recordLength);
  if (wrong >= 0) throw unreadable(`/line/${wrong + 1}`, `must be ${recordLength} characters long`);
  return padded;
}

function readBatch(records: Records, all: Totals): RawBatch {
  const first = records.take('5');
  const header = readRecord('batchHeader', first.text, first.line);
  const totals: Totals = { records: 0, hash: 0n, debit: 0n, credit: 0n };
  const entries: RawEntry[] = [];
  while (records.type === '6') entries.push(readEntry(records, totals));
  const last = records.take('8');
  const control = readRecord('batchControl', last.text, last.line);
  requireTotals(control, last.line, totals);
  for (const name of ['serviceClass', 'companyId', 'odfi', 'batchNumber']) {
    if (control[name] !== header[name])
      throw unreadable(`/line/${last.line}/${name}`, 'is not that of the batch header');
  }
  all.records += totals.records;
  all.hash += totals.hash;
  all.debit += totals.debit;
  all.credit += totals.credit;
  return { line: first.line, header, entries };
}

function readEntry(records: Records, totals: Totals): RawEntry {
  const { line, text } = records.take('6');
  const fields = readRecord('entry', text, line);
  const { receivingBank = '', checkDigit = '', transactionCode = '', amount = '' } = fields;
  if (!isRoutingNumber(`${receivingBank}${checkDigit}`))
    throw unreadable(`/line/${line}/checkDigit`, 'is no routing number');
  const addenda: { line: number; text: string }[] = [];
  while (records.type === '7') addenda.push(records.take('7'));
  if (addenda.length > 0 !== (fields['addendaIndicator'] === '1')) {
    throw unreadable(`/line/${line}/addendaIndicator`, 'does not say whether addenda follow');
  }
  totals.records += 1 + addenda.length;
  totals.hash += BigInt(receivingBank);
  // Codes of a kind of account: 0 to 4 are credits, 5 to 9 debits.
  if (Number(transactionCode) % 10 < 5) totals.credit += BigInt(amount);
  else totals.debit += BigInt(amount);
  return { line, fields, addenda };
}

function requireTotals(control: Fields, line: number, totals: Totals): void {
  const expected = {
    entryCount: BigInt(totals.records),
    entryHash: truncatedHash(totals.hash),
    totalDebit: totals.debit,
    totalCredit: totals.credit,
  };
  for (const [name, value] of Object.entries(expected)) {
    if (BigInt(control[name] ?? 0) !== value)
      throw unreadable(`/line/${line}/${name}`, 'is not what the records add up to');
  }
}

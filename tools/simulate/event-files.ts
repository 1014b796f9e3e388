import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { CsvRecords } from './csv-records.js';
import { UnreadableFile, type RecordSink } from './record-sink.js';

/** Longer lines are refused, so that a file without line ends cannot fill the memory. */
const maxLineBytes = 1 << 20;
const newline = 0x0a;

/** Reads one JSON value a line; blank lines are skipped. The file is read as fast as `sink` takes it. */
export async function readJsonLines(path: string, sink: RecordSink): Promise<void> {
  await readLines(path, sink, (text, line) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return sink.refused(line, 'is not JSON'); // the parser's own message would repeat the line's content
    }
    sink.value(line, value);
  });
}

/** Gives every line that is not blank as text, without a byte order mark. */
async function readLines(path: string, sink: RecordSink, take: (text: string, line: number) => void): Promise<void> {
  const takeBytes = (bytes: Buffer, line: number): void => {
    // Replacement characters would make one name of two.
    if (!isUtf8(bytes)) return sink.refused(line, 'is not UTF-8');
    const text = bytes.toString('utf8');
    if (text.trim() !== '') take(line === 1 ? text.replace(/^\uFEFF/, '') : text, line);
  };
  const splitter = new LineSplitter(takeBytes, sink);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) splitter.push(chunk as Buffer);
  splitter.end();
}

/** Cuts chunks into lines; what a chunk leaves over waits for the next one. */
class LineSplitter {
  private rest: Buffer[] = [];
  private restBytes = 0;
  private line = 1;

  constructor(
    private readonly take: (bytes: Buffer, line: number) => void,
    private readonly sink: RecordSink,
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.keep(chunk.subarray(start, end));
      this.finishLine();
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
  }

  end(): void {
    if (this.restBytes > 0) this.finishLine();
  }

  private keep(bytes: Buffer): void {
    this.restBytes += bytes.length;
    if (this.restBytes > maxLineBytes) this.rest = [];
    else if (bytes.length > 0) this.rest.push(bytes);
  }

  private finishLine(): void {
    const [first] = this.rest;
    if (this.restBytes > maxLineBytes) this.sink.refused(this.line, `is longer than ${maxLineBytes} bytes`);
    else if (first) this.take(this.rest.length === 1 ? first : Buffer.concat(this.rest), this.line);
    this.rest = [];
    this.restBytes = 0;
    this.line += 1;
  }
}

/** The columns of an event file in CSV and the fields of an event that they hold. */
const fieldOfColumn: Readonly<Record<string, string>> = {
  id: 'id',
  type: 'type',
  occurred_at: 'occurredAt',
  partner: 'partner',
  customer: 'customer',
  amount_minor: 'amountMinor',
  currency: 'currency',
  refund_of: 'refundOf',
  void_of: 'voidOf',
  coupon: 'coupon',
  country: 'country',
  campaign: 'campaign',
  products: 'products',
};

/**
 * Reads events as CSV, by header and in any order of columns: absent columns are empty, unknown ones ignored. Throws
 * UnreadableFile for a header that names no event or a column twice.
 */
export async function readCsv(path: string, sink: RecordSink): Promise<void> {
  let header: string[] | undefined;
  const records = new CsvRecords(sink, (fields, line) => {
    if (header) readCsvRecord(header, fields, line, sink);
    else header = checkedHeader(fields);
  });
  await readLines(path, sink, (text, line) => records.push(text.replace(/\r$/, ''), line));
  records.end();
}

function checkedHeader(header: string[]): string[] {
  for (const [index, column] of header.entries()) {
    if (header.indexOf(column) !== index) throw new UnreadableFile('the header names a column twice');
  }
  for (const column of ['id', 'type', 'occurred_at']) {
    if (!header.includes(column)) throw new UnreadableFile(`the header has no column ${column}`);
  }
  return header;
}

function readCsvRecord(header: readonly string[], record: readonly string[], line: number, sink: RecordSink): void {
  if (record.length !== header.length) return sink.refused(line, `has ${record.length} columns, not ${header.length}`);
  const event: Record<string, unknown> = {};
  for (const [index, column] of header.entries()) {
    const text = record[index] ?? '';
    const field = fieldOfColumn[column];
    if (field === undefined || text === '') continue;
    event[field] = valueOf(field, text);
  }
  sink.value(line, event);
}

function valueOf(field: string, text: string): unknown {
  if (field === 'products') return text.split('|');
  if (field === 'amountMinor' && /^\d{1,16}$/.test(text)) return Number(text);
  return text;
}

import { parse } from 'csv-parse/sync';
import type { RecordSink } from './record-sink.js';

/** A quoted field may hold line ends; one that is still open after so many lines was never meant to be. */
const maxRecordLines = 20;

/**
 * Makes records of CSV lines. A line that is no CSV is refused alone: a stray quote never takes the lines after it
 * along, as it does where a parser reads the whole file.
 */
export class CsvRecords {
  /** The lines of a record whose quoted field is still open. */
  private pending: { text: string; line: number }[] = [];

  constructor(
    private readonly sink: RecordSink,
    private readonly take: (fields: string[], line: number) => void,
  ) {}

  push(text: string, line: number): void {
    if (this.pending.length === 0 && !text.includes('"')) return this.take(text.split(','), line);
    this.pending.push({ text, line });
    const fields = readRecord(this.pending.map((part) => part.text).join('\n'));
    if (Array.isArray(fields)) {
      const first = this.pending[0]?.line ?? line;
      this.pending = [];
      this.take(fields, first);
    } else if (fields === 'broken' || this.pending.length >= maxRecordLines) {
      this.refuseFirst();
    }
  }

  end(): void {
    while (this.pending.length > 0) this.refuseFirst();
  }

  /** Refuses the line that opened the record and reads the others anew. */
  private refuseFirst(): void {
    const [first, ...rest] = this.pending;
    this.pending = [];
    if (first) this.sink.refused(first.line, 'is not CSV');
    for (const { text, line } of rest) this.push(text, line);
  }
}

function readRecord(text: string): string[] | 'open' | 'broken' {
  try {
    return parse(text, { relax_column_count: true })[0] ?? [];
  } catch (error) {
    return (error as { code?: unknown }).code === 'CSV_QUOTE_NOT_CLOSED' ? 'open' : 'broken';
  }
}

import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { messageOf } from '../embedded/project.mjs';
import { UnusableInput } from './options.js';

const maxLineBytes = 1 << 20;

/** One row of a file: its line, the first being 1, and its cells by column. */
export interface TableRow {
  line: number;
  cells: ReadonlyMap<string, string>;
}

/** A row that cannot be used, and why. */
export interface RowFault {
  line: number;
  /** The row's own reference, where it has one that can be read. */
  ref?: string;
  reason: string;
}

export interface Table {
  columns: readonly string[];
  rows: TableRow[];
  faults: RowFault[];
}

/**
 * Reads a CSV file by its header. Rows that are no CSV or have another number of cells are faults, and the rest is read.
 *
 * @throws UnusableInput where the file cannot be read or lacks a column
 */
export async function readTable(file: string, requiredColumns: readonly string[]): Promise<Table> {
  const table: Table & { columns: string[] } = { columns: [], rows: [], faults: [] };
  try {
    for await (const { record, info } of records(file, table.faults)) {
      if (table.columns.length === 0) table.columns = checkedColumns(file, record, requiredColumns);
      else addRow(table, record, info.lines);
    }
  } catch (error) {
    if (error instanceof UnusableInput) throw error;
    throw new UnusableInput(`${file} can't be read: ${messageOf(error)}`);
  }
  if (table.columns.length === 0) throw new UnusableInput(`${file} is empty: it needs a header.`);
  return table;
}

function records(file: string, faults: RowFault[]): AsyncIterable<{ record: string[]; info: { lines: number } }> {
  const source = createReadStream(file);
  const parser = source.pipe(
    parse({
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      max_record_size: maxLineBytes,
      on_skip: (error) => void faults.push({ line: Number(error?.['lines'] ?? 0), reason: 'is not CSV' }),
    }),
  );
  source.once('error', (error) => parser.destroy(error)); // a pipe does not hand errors on
  return parser as AsyncIterable<{ record: string[]; info: { lines: number } }>;
}

function checkedColumns(file: string, header: readonly string[], required: readonly string[]): string[] {
  const columns = header.map((name) => name.trim());
  const double = columns.find((name, index) => columns.indexOf(name) !== index);
  if (double !== undefined) throw new UnusableInput(`${file} has the column "${double}" twice.`);
  const missing = required.filter((name) => !columns.includes(name));
  if (missing.length > 0) throw new UnusableInput(`${file} has no column ${missing.join(', ')}.`);
  return columns;
}

function addRow(table: Table, record: readonly string[], line: number): void {
  const { columns } = table;
  if (record.length !== columns.length) {
    table.faults.push({ line, reason: `has ${record.length} cells, not ${columns.length}` });
  } else if (record.some((cell) => cell.includes('\uFFFD'))) {
    // The decoder puts this character where bytes are not UTF-8; two such references would become one.
    table.faults.push({ line, reason: 'is not UTF-8' });
  } else {
    table.rows.push({ line, cells: new Map(columns.map((name, index) => [name, (record[index] ?? '').trim()])) });
  }
}

import { parseArgs } from 'node:util';
import { checkBooks, type BooksReport, type Violation } from '../../libs/books/index.js';
import { Database } from '../../libs/database/index.js';
import { isId } from '../../libs/kernel/ids.js';
import { readRunning } from '../embedded/running.js';

const usage = `Usage: npm run check:books -- [--program ID] [--json]
  --program ID   looks at one program alone
  --json         prints the violations as JSON
Exits with 0 when nothing is violated, 1 with violations, 2 when an option cannot be used.
`;

/** Where the command writes; the process's own streams, or a test's. */
export interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

const sound = 0;
const violated = 1;
const unusable = 2;

/** `check:books`: reads, and changes nothing. Gives the exit code. */
export async function main(
  argv: readonly string[],
  streams: Streams = process,
  databaseUrl: () => string = databaseHere,
): Promise<number> {
  const options = readOptions(argv);
  if (options === 'help' || options === 'unusable') {
    streams[options === 'help' ? 'stdout' : 'stderr'].write(usage);
    return options === 'help' ? sound : unusable;
  }
  const database = await Database.connect(databaseUrl(), 1);
  try {
    const report = await checkBooks(database, { programId: options.program });
    if (options.program !== undefined && report.programs === 0) {
      streams.stderr.write(`check:books: there is no program ${options.program}\n`);
      return unusable;
    }
    streams.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
    return report.violations.length === 0 ? sound : violated;
  } finally {
    await database.close();
  }
}

/** Of the installation that the variable names, else of the product that runs on this machine. */
function databaseHere(): string {
  return process.env['DATABASE_URL'] ?? readRunning().env['DATABASE_URL'] ?? '';
}

function textOf({ programs, transactions, blocks, violations }: BooksReport): string {
  const read = `${counted(programs, 'program')}, ${counted(transactions, 'transaction')}, ${counted(blocks, 'block')} checked.`;
  const verdict = violations.length === 0 ? 'All promises hold.' : `${counted(violations.length, 'violation')}.`;
  return `${violations.map(lineOf).join('')}${read} ${verdict}\n`;
}

function lineOf({ invariant, code, programId, subject, detail }: Violation): string {
  return `${invariant} ${code} ${programId} ${subject}: ${detail}\n`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function readOptions(argv: readonly string[]): { program?: string; json: boolean } | 'help' | 'unusable' {
  try {
    const flag = { type: 'boolean' } as const;
    const { values } = parseArgs({
      args: [...argv],
      options: { program: { type: 'string' }, json: flag, help: flag },
    });
    if (values.help) return 'help';
    const { program, json = false } = values;
    if (program === undefined) return { json };
    return isId('prg', program) ? { program, json } : 'unusable';
  } catch {
    return 'unusable';
  }
}

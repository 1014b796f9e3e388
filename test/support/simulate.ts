import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../../tools/simulate/main.js';

/** What a simulation reads; the same shape as the worked pricing examples. */
export interface SimulationInput {
  terms: unknown;
  /** Written one JSON object a line; a string stands as it is. */
  events?: readonly unknown[];
  /** Instead of `events`: the text of a CSV file. */
  csv?: string;
  partnerTiers?: unknown;
  /** `date, from, to, rate` */
  rates?: readonly (readonly string[])[];
  /** Reports of touches, and `code, partner`. */
  touches?: readonly unknown[];
  codes?: readonly (readonly string[])[];
  activatedAt?: string;
  asOf?: string;
  extraArguments?: readonly string[];
}

export interface SimulationResult {
  exitCode: number;
  /** The lines of the output file; undefined where none was written. */
  lines: Record<string, unknown>[] | undefined;
  stdout: string;
  stderr: string;
}

/** Runs the simulate command in this process on files in a folder of its own. */
export async function runSimulation(input: SimulationInput): Promise<SimulationResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-simulate-'));
  try {
    const written = { stdout: '', stderr: '' };
    const collect = (name: 'stdout' | 'stderr') => ({ write: (text: string) => void (written[name] += text) });
    const streams = { stdout: collect('stdout'), stderr: collect('stderr') };
    const exitCode = await main(argumentsOf(input, folder), streams);
    return { exitCode, lines: readLines(path.join(folder, 'lines.ndjson')), ...written };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function argumentsOf(input: SimulationInput, folder: string): string[] {
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const {
    terms,
    events = [],
    csv,
    partnerTiers,
    rates,
    touches,
    codes,
    activatedAt,
    asOf,
    extraArguments = [],
  } = input;
  const lines = events.map((event) => `${typeof event === 'string' ? event : JSON.stringify(event)}\n`).join('');
  const touchLines = touches?.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join('');
  const codeLines = codes?.map((code) => `${code.join(',')}\n`).join('');
  const rateLines = rates?.map((rate) => `${rate.join(',')}\n`).join('');
  return [
    ...['--terms', file('terms.json', typeof terms === 'string' ? terms : JSON.stringify(terms))],
    ...['--events', csv === undefined ? file('events.ndjson', lines) : file('events.csv', csv)],
    ...['--out', path.join(folder, 'lines.ndjson')],
    ...(csv === undefined ? [] : ['--csv']),
    ...(partnerTiers === undefined ? [] : ['--tiers', file('tiers.json', JSON.stringify(partnerTiers))]),
    ...(rateLines === undefined ? [] : ['--rates', file('rates.csv', `date,from,to,rate\n${rateLines}`)]),
    ...(touchLines === undefined ? [] : ['--touches', file('touches.ndjson', touchLines)]),
    ...(codeLines === undefined ? [] : ['--codes', file('codes.csv', `code,partner\n${codeLines}`)]),
    ...(activatedAt === undefined ? [] : ['--activated-at', activatedAt]),
    ...(asOf === undefined ? [] : ['--as-of', asOf]),
    ...extraArguments,
  ];
}

function readLines(file: string): Record<string, unknown>[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // refused before anything was written
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

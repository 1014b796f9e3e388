import { realpathSync } from 'node:fs';
import path from 'node:path';
import { types } from 'node:util';
import { parseTerms, termsHash } from '../../libs/agreements/domain/index.js';
import { compileTerms, RateTable, type CompiledTerms, type TierPeriod } from '../../libs/commissions/domain/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { parseEvent } from '../../libs/tracking/domain/index.js';
import { readCsv, readJsonLines } from './event-files.js';
import { EventStore } from './event-store.js';
import { readOptions, usage, UsageError, type Options } from './options.js';
import { writePartnerTotals } from './partner-totals.js';
import { UnreadableFile, type RecordSink } from './record-sink.js';
import { summary, writeLines } from './report.js';
import { parseJson, readRates, readTiers } from './side-files.js';
import { Simulation } from './simulation.js';
import { readCodes, Touches } from './touches.js';

/** Where the command writes for people; the process's own streams, or a test's. */
export interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

const done = 0;
const unusable = 1;
const badTerms = 2;

/**
 * `simulate`: prices a file of events under a terms document, with no server (api.md, Commands). Gives the exit code: 0
 * when all was read, 2 for bad terms, 1 for a command line or a file that cannot be used.
 */
export async function main(argv: readonly string[], streams: Streams = process): Promise<number> {
  try {
    const options = readOptions(argv);
    if (!options) streams.stdout.write(usage);
    else await simulate(options, streams);
    return done;
  } catch (error) {
    if (error instanceof BadTerms) {
      for (const { pointer, message } of error.errors) streams.stderr.write(`${pointer}: ${message}\n`);
      streams.stderr.write(`simulate: ${error.message}\n`);
      return badTerms;
    }
    if (error instanceof UsageError) streams.stderr.write(`simulate: ${error.message}\n${usage}`);
    else if (error instanceof UnreadableFile || isSystemError(error))
      streams.stderr.write(`simulate: ${error.message}\n`);
    else throw error;
    return unusable;
  }
}

/** Terms that are not valid, with the places. */
class BadTerms extends Error {
  constructor(
    message: string,
    readonly errors: DomainError['errors'] = [],
  ) {
    super(message);
  }
}

async function simulate(options: Options, { stdout, stderr }: Streams): Promise<void> {
  const terms = readTerms(options.terms);
  const rates = options.rates === undefined ? new RateTable() : readRates(options.rates);
  const tiers = options.tiers === undefined ? new Map<string, TierPeriod[]>() : readTiers(options.tiers);
  refuseSameFile(options);

  const touches = options.touches === undefined ? undefined : new Touches(terms, readCodes(options.codes));
  const intake = new Intake(touches, ({ line, reason }) => stderr.write(`line ${line}: ${reason}\n`));
  await (options.csv ? readCsv : readJsonLines)(options.events, intake);
  if (touches) {
    touches.read(options.touches!, (line, reason) => stderr.write(`touches, line ${line}: ${reason}\n`));
    intake.store.divide(touches.shares());
  }
  const { activatedAt, asOf } = options;
  const due = { activatedAtMs: activatedAt?.getTime(), asOfMs: asOf?.getTime() };
  const simulation = new Simulation(intake.store, { terms, tiers, rates, ...due });
  for (const line of simulation.refusedLines()) intake.refuseKept(line, 'takes back an event that the file has not');

  const totals = writeLines(options.out, simulation, terms);
  if (options.totals !== undefined) writePartnerTotals(options.totals, totals);
  const { read, repeated, refusals } = intake;
  const counts = { read, repeated, refused: refusals, ...simulation.counts() };
  stdout.write(summary(counts, totals, terms.currency, options.byPartner));
}

function readTerms(file: string): CompiledTerms {
  try {
    const terms = parseTerms(parseJson(file));
    return compileTerms(terms, termsHash(terms));
  } catch (error) {
    if (error instanceof DomainError) throw new BadTerms(error.message, error.errors);
    if (error instanceof UnreadableFile) throw new BadTerms(error.message);
    throw error;
  }
}

/** Writing a result over the input, or over another result, would lose it. */
function refuseSameFile({ events, out, totals }: Options): void {
  const input = realpathSync(events);
  if (placeOf(out) === input) throw new UsageError('--out names the file of the events');
  if (totals === undefined) return;
  if (placeOf(totals) === input) throw new UsageError('--totals names the file of the events');
  if (placeOf(totals) === placeOf(out)) throw new UsageError('--totals names the file of --out');
}

function placeOf(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    if (isSystemError(error)) return path.resolve(file); // no such file yet
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return types.isNativeError(error) && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** Takes the records of a file into the store and counts what became of them. */
class Intake implements RecordSink {
  readonly store = new EventStore();
  read = 0;
  repeated = 0;
  refusals = 0;

  constructor(
    private readonly touches: Touches | undefined,
    private readonly onRefusal: (refusal: { line: number; reason: string }) => void,
  ) {}

  value(line: number, value: unknown): void {
    try {
      const event = parseEvent(value, 'ignore', this.touches ? 'attributed' : 'required');
      const added = this.store.add(event, line);
      if (added === 'added') this.touches?.event(this.store.length - 1, event);
      if (added === 'conflict') return this.refused(line, 'has the id of an earlier event and other content');
      this.read += 1;
      if (added === 'repeated') this.repeated += 1;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.refused(line, error.errors.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; '));
    }
  }

  refused(line: number, reason: string): void {
    this.read += 1;
    this.refuseKept(line, reason);
  }

  /** Refuses an event that was counted as read when it came. */
  refuseKept(line: number, reason: string): void {
    this.refusals += 1;
    this.onRefusal({ line, reason });
  }
}

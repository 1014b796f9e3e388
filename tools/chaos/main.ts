import { messageOf } from '../embedded/project.mjs';
import { formatSeconds } from '../embedded/steps.mjs';
import { ChaosRun } from './chaos-run.js';
import { readChaosOptions, usage, UsageError, type ChaosOptions } from './options.js';
import { reportText } from './report.js';

const done = 0;
const differs = 1;
const unusable = 2;
const interrupted = 130;
const tellEveryMs = 60_000;

/**
 * `chaos`: breaks a product of its own in every way that the house must bear, lets it come to rest, and holds rail,
 * ledger, payments and clients against each other.
 *
 * @returns the code to exit with: 0 where nothing differs
 */
export async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const write = (text: string): void => void process.stdout.write(text);
  try {
    const options = readChaosOptions(argv);
    if (!options) write(usage);
    else return (await play(options, write, signal)) ? done : differs;
    return done;
  } catch (error) {
    process.stderr.write(`chaos: ${messageOf(error)}\n${error instanceof UsageError ? usage : ''}`);
    if (signal.aborted) return interrupted;
    return error instanceof UsageError ? unusable : differs;
  }
}

async function play(options: ChaosOptions, write: (text: string) => void, signal: AbortSignal): Promise<boolean> {
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true });
  const beganAt = Date.now();
  const since = (): string => formatSeconds((Date.now() - beganAt) / 1000);
  write(`Seed ${options.seed}. It repeats what is decided, not when: processes end at moments of their own.\n`);
  const run = await ChaosRun.open(options, stop);
  let isKept = true;
  try {
    write(`Ready after ${since()}, in ${run.home}. Breaking things for ${formatSeconds(options.stormMs / 1000)}.\n`);
    const telling = setInterval(() => write(`${since()}: ${run.soFar()}\n`), tellEveryMs);
    await run.rage().finally(() => clearInterval(telling));
    write(`${run.storm.kills} kills after ${since()}. Coming to rest.\n`);
    const left = await run.rest();
    write(`At rest after ${since()}. Looking.\n`);
    const rest = await run.check();
    const differences = [...left, ...rest.differences];
    isKept = options.keep || differences.length > 0;
    write(reportText(run, rest, differences));
    return differences.length === 0;
  } finally {
    await run.close(isKept);
    if (isKept) write(`The folder of the run is kept, with its logs: ${run.home}\n`);
  }
}

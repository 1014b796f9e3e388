import { randomInt } from 'node:crypto';
import { types } from 'node:util';
import { parseArgs } from 'node:util';

export const usage = `Usage: npm run chaos -- [--seed N] [--minutes M] [--kills K] [--partners P] [--rest R]
  --seed N      repeats the decisions of an earlier run (default: a random one, which is printed)
  --minutes M   how long things are broken (default 5; 0.5 is half a minute)
  --kills K     goes on until at least K kills were made, however long that takes
  --partners P  partners in each of the two programs (default 6)
  --rest R      how many minutes all may take to come to rest afterwards (default 20)
  --keep        keeps the folder of the run; it is kept by itself where something differs
Exits with 0 when nothing differs, 1 with differences, 2 when an option cannot be used.
`;

export interface ChaosOptions {
  seed: number;
  /** How long things are broken, in milliseconds. */
  stormMs: number;
  /** At least so many kills are made; the time alone decides where it is missing. */
  kills?: number | undefined;
  partners: number;
  restMs: number;
  keep: boolean;
}

/** A command line that cannot be understood, with a message for people. */
export class UsageError extends Error {}

const minuteMs = 60_000;

/** Reads the command's arguments; undefined where help was asked for. @throws UsageError */
export function readChaosOptions(argv: readonly string[]): ChaosOptions | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  return {
    seed: values.seed === undefined ? randomInt(2 ** 31) : number('--seed', values.seed, 0, 2 ** 31, true),
    stormMs: number('--minutes', values.minutes ?? '5', 0.05, 24 * 60) * minuteMs,
    kills: values.kills === undefined ? undefined : number('--kills', values.kills, 1, 100_000, true),
    partners: number('--partners', values.partners ?? '6', 1, 500, true),
    restMs: number('--rest', values.rest ?? '20', 0.1, 24 * 60) * minuteMs,
    keep: values.keep ?? false,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { seed: text, minutes: text, kills: text, partners: text, rest: text, keep: flag, help: flag };
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new UsageError(types.isNativeError(error) ? error.message : String(error));
  }
}

function number(option: string, given: string, least: number, most: number, isWhole = false): number {
  const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  throw new UsageError(`${option} is a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`);
}

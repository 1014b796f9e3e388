import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codeOf, homeFolder } from './project.mjs';
import { isRunning, recordProcess } from './process-identity.mjs';
import type { ProductEnvironment } from './product-environment.js';

/** The addresses of a product that runs. */
export interface ProductUrls {
  /** Where the API is called. */
  readonly api: string;
  /** The API's page. */
  readonly docs: string;
  /** The page of the mails that were sent; none where real mail is sent. */
  readonly mail?: string;
  /** Temporal's page; none where the server is not ours. */
  readonly temporal?: string;
  /** The sandbox rail; none where the real one is used. */
  readonly sandbox?: string;
}

/** A product that runs, as other commands (`npm run token`, `npm run demo`) find it. */
export interface RunningProduct {
  readonly pid: number;
  /** What tells the launcher from a later process of the same number. */
  readonly identity: string;
  readonly startedAt: string;
  /** The environment its processes run with, secrets included. */
  readonly env: ProductEnvironment;
  readonly urls: ProductUrls;
}

const runFile = (home: string): string => path.join(home, 'run.json');

/**
 * The product that runs on a home.
 *
 * @throws an error a person can act on, where none runs
 */
export function readRunning(home: string = homeFolder()): RunningProduct {
  const running = readRunFile(home);
  if (!running || !isRunning(running)) {
    throw new Error(`Pactline does not run on ${home}: start it with \`npm start\`, or set PACTLINE_HOME.`);
  }
  return running;
}

/** Tells other commands of the product; the file holds secrets and is readable by its user alone. */
export function writeRunning(home: string, env: ProductEnvironment, urls: ProductUrls, now: Date): void {
  const recorded = recordProcess('launcher', process.pid);
  if (!recorded) throw new Error('This system does not tell when a process was started.');
  const { pid, identity } = recorded;
  const running: RunningProduct = { pid, identity, startedAt: now.toISOString(), env, urls };
  writeFileSync(`${runFile(home)}.new`, JSON.stringify(running, null, 2), { mode: 0o600 });
  renameSync(`${runFile(home)}.new`, runFile(home));
}

/** Takes the note back once the product has stopped. */
export function clearRunning(home: string): void {
  rmSync(runFile(home), { force: true });
}

function readRunFile(home: string): RunningProduct | undefined {
  try {
    return JSON.parse(readFileSync(runFile(home), 'utf8')) as RunningProduct;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

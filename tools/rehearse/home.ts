import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hashFile, homeFolder, messageOf } from '../embedded/project.mjs';
import { UnusableInput, type RehearsalOptions } from './options.js';

/** The folder a rehearsal lives in, and what tells its inputs from others. */
export interface RehearsalHome {
  folder: string;
  /** SHA-256 over the input files, in hexadecimal. */
  inputsHash: string;
  /** Whether a rehearsal of these inputs was begun there before. */
  isResumed: boolean;
}

const noteName = 'rehearsal.json';

/**
 * Refuses to begin where the environment could lead to real money: a Stripe key that is live, or one that would be used
 * at Stripe itself.
 *
 * @throws UnusableInput that names the variable, never its value
 */
export function refuseRealRail(environment: NodeJS.ProcessEnv): void {
  const key = environment['STRIPE_API_KEY'];
  if (!key) return;
  if (/_live_/.test(key))
    throw new UnusableInput('STRIPE_API_KEY is a live key: a rehearsal never starts beside one. Unset it.');
  if (!environment['STRIPE_API_BASE']) {
    throw new UnusableInput(
      'STRIPE_API_KEY is set without a sandbox (STRIPE_API_BASE): a rehearsal pays through the sandbox alone. Unset it.',
    );
  }
}

/**
 * Makes or finds the home of a rehearsal of these files. A home belongs to its inputs: with others it would mix two
 * histories.
 *
 * @throws UnusableInput where a file is missing, or the folder holds something else
 */
export function openRehearsalHome(options: RehearsalOptions): RehearsalHome {
  const inputsHash = hashInputs(options);
  const folder = path.resolve(options.home ?? path.join(homeFolder(), 'rehearsals', inputsHash.slice(0, 16)));
  const noteFile = path.join(folder, noteName);
  const note = readNote(noteFile);
  if (note !== undefined && note !== inputsHash) {
    throw new UnusableInput(`${folder} holds a rehearsal of other files: name another folder (--home), or remove it.`);
  }
  if (note === undefined) {
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      throw new UnusableInput(`${folder} is not empty and holds no rehearsal: name another folder (--home).`);
    }
    // Others may pass through it, as root's PostgreSQL must, but see only what is theirs.
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    writeFileSync(noteFile, `${JSON.stringify({ inputsHash })}\n`, { mode: 0o600 });
  }
  return { folder, inputsHash, isResumed: note !== undefined };
}

function hashInputs({ applications, orders, refunds, terms }: RehearsalOptions): string {
  const hash = createHash('sha256');
  for (const file of [applications, orders, refunds, terms]) {
    try {
      hash.update(`${file === undefined ? '' : hashFile(file)}\n`);
    } catch (error) {
      throw new UnusableInput(`${file} can't be read: ${messageOf(error)}`);
    }
  }
  return hash.digest('hex');
}

function readNote(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { inputsHash: string }).inputsHash;
  } catch (error) {
    throw new UnusableInput(
      `${file} can't be read (${messageOf(error)}): name another folder (--home), or remove this one.`,
    );
  }
}

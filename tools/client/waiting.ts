import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, for the message: `the contract to be in force`. */
  what: string;
  patienceMs: number;
  signal?: AbortSignal | undefined;
}

const firstPauseMs = 50;
const longestPauseMs = 500;

/**
 * Asks again and again until there is an answer. Workflows go on by themselves, so a state that follows from an act is
 * there a moment later.
 *
 * @param ask gives undefined as long as it is to be asked again; what it throws ends the wait
 * @throws an error that names what did not come in time
 */
export async function waitFor<Result>(
  ask: () => Promise<Result | undefined>,
  { what, patienceMs, signal }: WaitOptions,
): Promise<Result> {
  const end = Date.now() + patienceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Waited ${patienceMs / 1000} s for ${what}, in vain.`);
    await sleep(pauseMs, undefined, signal && { signal });
  }
}

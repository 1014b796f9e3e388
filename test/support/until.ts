import { setTimeout as pause } from 'node:timers/promises';

/** How long a workflow may take to follow before a test gives up, in milliseconds; a busy machine needs patience. */
const patienceMs = 40_000;

/** Asks again until there is an answer; throws, naming what was waited for, after a while. */
export async function until<Answer>(what: string, ask: () => Promise<Answer | undefined | false>): Promise<Answer> {
  const end = Date.now() + patienceMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 250)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited for ${what} in vain`);
    await pause(pauseMs);
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

let last: Promise<unknown> = Promise.resolve();

/**
 * Draws a document when it is its turn. Drawing takes the processor and nothing else: side by side it is no faster, and what
 * the process does beside it would wait for all of them. So the documents of sets are drawn one by one, and between two of
 * them everybody who waits for an answer gets it.
 */
export function inTurn<Drawn>(draw: () => Promise<Drawn>): Promise<Drawn> {
  const own = last.then(() => nextTurn()).then(draw);
  last = own.catch(() => undefined);
  return own;
}

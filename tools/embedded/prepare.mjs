import { setUpProject } from './setup.mjs';
import { findTemporal } from './temporal-server.mjs';

/**
 * Does, side by side, all that must be there before a server can start: packages, build, and Temporal's program, which
 * may take minutes to get and therefore may still be under way when the rest is there.
 * @param {{ steps: import('./steps.mjs').Steps, signal: AbortSignal, needsTemporal: boolean }} options
 * @returns {Promise<{ temporal: Promise<import('./temporal-server.mjs').TemporalExecutable> | undefined }>}
 */
export async function prepare({ steps, signal, needsTemporal }) {
  const failure = new AbortController();
  /** @type {() => void} */
  let installed = () => undefined;
  /** @type {(reason: unknown) => void} */
  let notInstalled = () => undefined;
  /** @type {Promise<void>} */
  const dependencies = new Promise((resolve, reject) => {
    installed = resolve;
    notInstalled = reject;
  });
  dependencies.catch(() => undefined);
  const temporal = needsTemporal
    ? findTemporal({
        say: (line) => steps.say(line),
        signal: AbortSignal.any([signal, failure.signal]),
        dependencies,
      })
    : undefined;
  // It is looked at where the program is needed; until then a failure must not end the process.
  const over = temporal?.then(
    () => undefined,
    () => undefined,
  );
  try {
    await setUpProject({ steps, signal, onDependencies: installed });
  } catch (error) {
    // A build of Temporal that goes on beside it must not outlive us.
    notInstalled(error);
    failure.abort(error);
    await over;
    throw error;
  }
  return { temporal };
}

import { Context } from '@temporalio/activity';

/** A quarter of the heartbeat time-out of `payoutSliceWork`: three beats may be lost before the worker counts as dead. */
const beatEveryMs = 5_000;

/**
 * Runs work that may take long: it beats meanwhile, and the work's signal is aborted when the activity is cancelled,
 * its worker shuts down, or the server has given it to another worker.
 */
export async function whileBeating<T>(work: (progress: { signal: AbortSignal }) => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat();
  const beats = setInterval(() => context.heartbeat(), beatEveryMs);
  try {
    return await work({ signal: context.cancellationSignal });
  } finally {
    clearInterval(beats);
  }
}

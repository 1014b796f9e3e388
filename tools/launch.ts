import { homeFolder, messageOf } from './embedded/project.mjs';
import type { FolderLock } from './embedded/folder-lock.mjs';
import { productPart } from './embedded/product-environment.js';
import { startProduct, type Product } from './embedded/product.js';
import type { Steps } from './embedded/steps.mjs';
import type { TemporalExecutable } from './embedded/temporal-server.mjs';

/** What `tools/start.mjs` hands over once packages and build are there. */
export interface LaunchOptions {
  readonly lock: FolderLock;
  readonly steps: Steps;
  readonly port: number;
  readonly temporal: Promise<TemporalExecutable> | undefined;
  /** Aborts at the first request to stop; all is stopped in order. */
  readonly stop: AbortSignal;
  /** Aborts at the second one; nothing is waited for. */
  readonly force: AbortSignal;
}

/**
 * Starts the product, says where it is, and keeps it until it is to stop.
 *
 * @returns the code to exit with: 0 where it was stopped on request, 1 where a process could not be kept alive
 */
export async function launch({ lock, steps, port, temporal, stop, force }: LaunchOptions): Promise<number> {
  const broken = new AbortController();
  const product = await startProduct({
    home: homeFolder(),
    port,
    given: productPart(process.env),
    steps,
    lock,
    temporal,
    signal: stop,
    onGiveUp: (name) => broken.abort(new Error(`${name} could not be kept running.`)),
  });
  sayReady(product, steps);
  const end = AbortSignal.any([stop, broken.signal]);
  if (!end.aborted) await new Promise((resolve) => end.addEventListener('abort', resolve, { once: true }));
  steps.say(stop.aborted ? 'Stopping.' : `Stopping: ${messageOf(broken.signal.reason)}`);
  const forceStop = (): void => void product.stop({ force: true });
  force.addEventListener('abort', forceStop, { once: true });
  await product.stop();
  steps.say('All stopped.');
  return stop.aborted ? 0 : 1;
}

function sayReady({ urls }: Product, steps: Steps): void {
  const lines = [
    ['API page', urls.docs],
    ['Mail page', urls.mail],
    ['Temporal', urls.temporal],
    ['A token', 'npm run token -- finance'],
  ];
  steps.say('');
  for (const [title = '', text] of lines) if (text !== undefined) steps.say(`  ${title.padEnd(10)} ${text}`);
  steps.say('');
  steps.say(`Started in ${steps.elapsedSeconds().toFixed(1)} s. Ctrl-C stops it.`);
  steps.say(`Pactline is ready: ${urls.api}`);
}

import { existsSync } from 'node:fs';
import { FolderIsTaken } from '../embedded/folder-lock.mjs';
import { productPart } from '../embedded/product-environment.js';
import { startProduct } from '../embedded/product.js';
import { homeFolder } from '../embedded/project.mjs';
import { readRunning, type ProductUrls } from '../embedded/running.js';
import { Steps } from '../embedded/steps.mjs';
import type { ProductEnvironment } from '../embedded/product-environment.js';

/** A product to talk to. */
export interface DemoServers {
  readonly env: ProductEnvironment;
  readonly urls: ProductUrls;
  /** Stops what the demo started; nothing where it found a product that ran. */
  stop(): Promise<void>;
}

/**
 * The product that runs on the home; where none does, one is started there, on a free port, for as long as the demo
 * takes.
 *
 * @throws an error a person can act on
 */
export async function findServers(write: (text: string) => void, signal: AbortSignal): Promise<DemoServers> {
  const home = homeFolder();
  const running = existsSync(home) ? runningOn(home) : undefined;
  if (running) {
    write(`Pactline runs already: ${running.urls.api}\n`);
    return { env: running.env, urls: running.urls, stop: () => Promise.resolve() };
  }
  write('Pactline does not run: starting it for this demo.\n');
  try {
    const product = await startProduct({
      home,
      port: 0,
      given: productPart(process.env),
      steps: new Steps({ write }),
      signal,
    });
    return { env: product.env, urls: product.urls, stop: () => product.stop() };
  } catch (error) {
    if (!(error instanceof FolderIsTaken)) throw error;
    throw new Error(`Pactline is just being started on ${home}: try again once it is ready.`, { cause: error });
  }
}

function runningOn(home: string): ReturnType<typeof readRunning> | undefined {
  try {
    return readRunning(home);
  } catch {
    // None runs there; that is what the demo can mend by itself.
    return undefined;
  }
}

import path from 'node:path';
import type { ProcessSpec } from './managed-process.js';
import type { ProductPorts } from './product-environment.js';
import { projectRoot } from './project.mjs';

/** What every process of a product shares. */
export interface ProcessContext {
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Where the API's young objects live, in MiB (one of the two halves): a batch of events is taken in whole before it is garbage,
 * and with Node's own 16 a sixth of the processor went into copying it back and forth.
 */
const apiYoungMiB = 64;

/**
 * What is made where much was found alive is otherwise made among the old objects from then on. Rows of the database's answers
 * are so, since a collection always finds some in use; and dead ones among the old keep all that they point to until the old
 * are collected. A collection of young ones in batches had to copy 2 to 4 MiB for it, and now 0.1 to 2.
 */
const youngAreBornYoung = '--no-allocation-site-pretenuring';

/** The API. It is ready when it says so itself. */
export function apiProcess(context: ProcessContext, apiUrl: string): ProcessSpec {
  const { args, ...api } = nodeProcess('api', context, {});
  return {
    ...api,
    args: [`--max-semi-space-size=${apiYoungMiB}`, youngAreBornYoung, ...args],
    isReady: () => answersWell(`${apiUrl}/health/ready`),
    stopWithinMs: 15_000,
  };
}

/**
 * The heap of the worker, in MiB: Node's own default grows with the machine, and would let garbage lie until the process
 * takes a gigabyte.
 */
const workerHeapMiB = 448;

/** The worker of workflows and activities. It writes a line once it takes work. */
export function workerProcess(context: ProcessContext): ProcessSpec {
  const { args, ...worker } = nodeProcess('worker', context, {});
  return {
    ...worker,
    args: [`--max-old-space-size=${workerHeapMiB}`, ...args],
    isReady: (log) => Promise.resolve(log.includes('worker ready')),
    stopWithinMs: 30_000,
  };
}

/** The sandbox of the payment rail, which tells the API of what happens by webhook. */
export function sandboxProcess(context: ProcessContext, ports: ProductPorts, apiUrl: string): ProcessSpec {
  const { environment, home } = context;
  return {
    ...nodeProcess('sandbox', context, {
      SANDBOX_PORT: String(ports.sandbox),
      SANDBOX_STATE_FILE: path.join(home, 'state', 'sandbox.json'),
      SANDBOX_API_KEY: environment['STRIPE_API_KEY'],
      SANDBOX_WEBHOOK_SECRET: environment['STRIPE_WEBHOOK_SECRET'],
      SANDBOX_WEBHOOK_URL: `${apiUrl}/v1/inbound/stripe`,
    }),
    isReady: () => answersWell(`http://127.0.0.1:${ports.sandbox}/health`),
    stopWithinMs: 5_000,
  };
}

/** The catcher of all mail that the product sends. */
export function mailProcess(context: ProcessContext, ports: ProductPorts): ProcessSpec {
  return {
    ...nodeProcess('mail', context, {
      MAIL_SMTP_PORT: String(ports.smtp),
      MAIL_HTTP_PORT: String(ports.mailPage),
      MAIL_STATE_FILE: path.join(context.home, 'state', 'mail.json'),
    }),
    isReady: () => answersWell(`http://127.0.0.1:${ports.mailPage}/health`),
    stopWithinMs: 5_000,
  };
}

const fileNames: Readonly<Record<string, string>> = { mail: 'mail-catcher' };

function nodeProcess(
  name: string,
  { home, environment }: ProcessContext,
  own: NodeJS.ProcessEnv,
): Omit<ProcessSpec, 'isReady' | 'stopWithinMs'> {
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', path.join(projectRoot, 'dist', 'processes', `${fileNames[name] ?? name}.js`)],
    environment: { ...environment, ...own },
    folder: projectRoot,
    logFile: path.join(home, 'logs', `${name}.log`),
    readyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
  };
}

async function answersWell(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    // Not yet: it does not listen so far.
    return false;
  }
}

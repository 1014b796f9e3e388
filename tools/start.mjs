/**
 * `npm start`: brings up the whole product, on a fresh clone too. It runs before anything is installed, so it and all it
 * imports at first use nothing but Node.
 */
import './embedded/check-node.mjs';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { acquireFolder, FolderIsTaken } from './embedded/folder-lock.mjs';
import { claimPort, portFrom } from './embedded/ports.mjs';
import { prepare } from './embedded/prepare.mjs';
import { homeFolder, loadEnvironmentFile, messageOf, projectRoot } from './embedded/project.mjs';
import { Steps } from './embedded/steps.mjs';

const steps = new Steps();
const stop = new AbortController();
const force = new AbortController();

try {
  loadEnvironmentFile();
  listenToSignals();
  process.exitCode = await start();
} catch (error) {
  if (stop.signal.aborted) {
    steps.say('Stopped before it was ready.');
    process.exitCode = 130;
  } else {
    console.error(`\nPactline could not start.\n${messageOf(error)}`);
    process.exitCode = 1;
  }
}
// What is left (a connection kept open) must not keep a stopped launcher alive.
process.exit();

/** The first signal stops everything in order, the second one at once. */
function listenToSignals() {
  for (const name of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => (stop.signal.aborted ? force : stop).abort(new Error(`Stopped by ${name}.`)));
  }
  // With a closed terminal there is nobody to write to, which is no reason to leave processes behind.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}

/** @returns {Promise<number>} the code to exit with */
async function start() {
  const port = portFrom(process.env['PORT']);
  const host = process.env['HOST'] || '127.0.0.1';
  const lock = await takeHome(`http://${host}:${port}`);
  const ending = new AbortController();
  const signal = AbortSignal.any([stop.signal, ending.signal]);
  /** @type {Awaited<ReturnType<typeof prepare>>['temporal']} */
  let temporal;
  try {
    await claimPort(host, port);
    ({ temporal } = await prepare({ steps, signal, needsTemporal: !process.env['TEMPORAL_ADDRESS'] }));
    const launcher = pathToFileURL(path.join(projectRoot, 'dist', 'tools', 'launch.js')).href;
    /** @type {typeof import('./launch.js')} */
    const { launch } = await import(launcher);
    return await launch({ lock, steps, port, temporal, stop: stop.signal, force: force.signal });
  } finally {
    // Whatever failed, a build of Temporal that goes on beside it must not outlive us.
    ending.abort(new Error('The start has ended.'));
    await temporal?.catch(() => undefined);
    lock.release();
  }
}

/** @param {string} address */
async function takeHome(address) {
  const home = homeFolder();
  if (!existsSync(home)) {
    mkdirSync(home, { recursive: true });
    chmodSync(home, 0o711);
  }
  try {
    return await acquireFolder(home, { address, say: (line) => steps.say(line) });
  } catch (error) {
    if (!(error instanceof FolderIsTaken)) throw error;
    const { address: running, pid } = error.holder;
    throw new Error(
      `Pactline is running already on this home (${home}): ${running}, process ${pid}.\n` +
        'Stop it first, or set PACTLINE_HOME to another folder and PORT to another port.',
      { cause: error },
    );
  }
}

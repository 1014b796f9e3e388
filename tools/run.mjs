/**
 * `node tools/run.mjs NAME …`: runs one of the project's commands (`dist/tools/NAME.js`) with these arguments, after
 * bringing packages and build up to date. What that says goes to standard error: the command's output stays its own.
 */
import './embedded/check-node.mjs';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { loadEnvironmentFile, messageOf, projectRoot } from './embedded/project.mjs';
import { setUpProject } from './embedded/setup.mjs';
import { Steps } from './embedded/steps.mjs';

const [name, ...args] = process.argv.slice(2);
try {
  loadEnvironmentFile();
  process.exitCode = await run(name, args);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

/**
 * @param {string | undefined} command
 * @param {string[]} parameters
 * @returns {Promise<number>} the code to exit with
 */
async function run(command, parameters) {
  if (!command || !/^[a-z][a-z-]*$/.test(command)) throw new Error('Which command? node tools/run.mjs NAME …');
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort(new Error('Stopped.'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  await setUpProject({ steps: new Steps({ write: (text) => process.stderr.write(text) }), signal: interrupt.signal });
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  const script = path.join(projectRoot, 'dist', 'tools', `${command}.js`);
  if (!existsSync(script)) throw new Error(`There is no command "${command}".`);
  return await runScript(script, parameters);
}

/**
 * @param {string} script
 * @param {string[]} parameters
 * @returns {Promise<number>}
 */
function runScript(script, parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', script, ...parameters], { stdio: 'inherit' });
    // A Ctrl-C reaches the command by itself; it alone decides when to end.
    process.on('SIGINT', () => undefined);
    for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => child.kill(signal));
    }
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/**
 * `npm test`: runs every test against a real PostgreSQL and a real Temporal, on a fresh clone too. Arguments go to
 * Jest. The last line says how many passed and failed.
 */
import './embedded/check-node.mjs';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepare } from './embedded/prepare.mjs';
import { messageOf, projectRoot } from './embedded/project.mjs';
import { Steps } from './embedded/steps.mjs';
import { sweepTestFolders } from './embedded/test-folders.mjs';
import { ensureTestPrograms } from './embedded/test-programs.mjs';

/** As many as the cores that the suite is made for: one more only makes time-outs of what runs beside it. */
const jestWorkers = 2;

const steps = new Steps();
const stop = new AbortController();
for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => stop.abort(new Error(`Stopped by ${signal}.`)));
}

let summary = { passed: 0, failed: 1, skipped: 0 };
let code = 1;
try {
  const { temporal } = await prepare({
    steps,
    signal: stop.signal,
    needsTemporal: !process.env['TEMPORAL_ADDRESS'],
  });
  await ensureTestPrograms({ steps, signal: stop.signal });
  const found = await temporal;
  ({ summary, code } = await runJest(found && { TEMPORAL_CLI_PATH: found.path }));
} catch (error) {
  console.error(`\nThe tests could not be run.\n${messageOf(error)}`);
}
// Where Jest was ended early, its servers still run.
await sweepTestFolders((line) => steps.say(line));
const { passed, failed, skipped } = summary;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(code === 0 && failed === 0 ? 0 : code || 1);

/**
 * @param {NodeJS.ProcessEnv | undefined} extra
 * @returns {Promise<{ summary: typeof summary, code: number }>}
 */
async function runJest(extra) {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-summary-'));
  const summaryFile = path.join(folder, 'summary.json');
  const jest = path.join(projectRoot, 'node_modules', 'jest', 'bin', 'jest.js');
  const reporter = path.join(projectRoot, 'test', 'support', 'summary-reporter.mjs');
  const environment = {
    ...process.env,
    ...extra,
    TZ: 'UTC',
    PACTLINE_TEST_PREPARED: 'true',
    PACTLINE_TEST_SUMMARY: summaryFile,
  };
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const sequencer = path.join(projectRoot, 'test', 'support', 'sequencer.mjs');
  const reporters = ['--reporters=default', `--reporters=${reporter}`];
  const args = [...node, jest, ...reporters, `--testSequencer=${sequencer}`, `--maxWorkers=${jestWorkers}`];
  try {
    const ended = await waitFor([...args, ...process.argv.slice(2)], environment);
    if (!existsSync(summaryFile)) return { summary: { passed: 0, failed: 1, skipped: 0 }, code: ended || 1 };
    return { summary: JSON.parse(readFileSync(summaryFile, 'utf8')), code: ended };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
function waitFor(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: projectRoot, env, stdio: 'inherit' });
    stop.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.on('error', reject);
    child.on('exit', (ended) => resolve(ended ?? 1));
  });
}

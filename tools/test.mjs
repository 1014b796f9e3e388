/**
 * `npm test`: runs every test against a real PostgreSQL and a real Temporal, on a fresh clone too. Arguments go to
 * Vitest: parts of files' names, for one. The last line says how many passed and failed.
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
  ({ summary, code } = await runVitest(found && { TEMPORAL_CLI_PATH: found.path }));
} catch (error) {
  console.error(`\nThe tests could not be run.\n${messageOf(error)}`);
}
// Where Vitest was ended early, its servers still run.
await sweepTestFolders((line) => steps.say(line));
const { passed, failed, skipped } = summary;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(code === 0 && failed === 0 ? 0 : code || 1);

/**
 * @param {NodeJS.ProcessEnv | undefined} extra
 * @returns {Promise<{ summary: typeof summary, code: number }>}
 */
async function runVitest(extra) {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-summary-'));
  const summaryFile = path.join(folder, 'summary.json');
  const vitest = path.join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const environment = {
    ...process.env,
    ...extra,
    TZ: 'UTC',
    PACTLINE_TEST_PREPARED: 'true',
    PACTLINE_TEST_SUMMARY: summaryFile,
  };
  try {
    const ended = await waitFor([vitest, 'run', ...process.argv.slice(2)], environment);
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

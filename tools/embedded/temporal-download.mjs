import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './commands.mjs';
import { projectRoot } from './project.mjs';

/** How long the download may stand still before it is given up. A slow one that goes on is left to go on. */
const patienceMs = 20_000;
const lookEveryMs = 1_000;

/**
 * Downloads the Temporal CLI in the way of the Temporal SDK, which knows the address and the version that fit it.
 * The SDK starts the server at once, so this runs in a process of its own, which ends with it.
 * @param {string} target where the program is put
 * @param {{ signal?: AbortSignal, patience?: number }} [options] `patience` in milliseconds
 * @throws {Error} where nothing came for as long as the patience lasts, or the SDK gave up
 */
export async function downloadTemporal(target, { signal, patience = patienceMs } = {}) {
  const folder = `${target}.d`;
  mkdirSync(folder, { recursive: true });
  const stall = new AbortController();
  const either = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal;
  const watch = watchGrowth(folder, patience, () => {
    stall.abort(new Error(`no data came for ${patience / 1000} s`));
  });
  try {
    const script = path.join(projectRoot, 'tools', 'embedded', 'temporal-download-process.mjs');
    await runCommand(process.execPath, [script, folder], { cwd: projectRoot, signal: either, group: true });
    const [name] = readdirSync(folder).filter((file) => statSync(path.join(folder, file)).isFile());
    if (name === undefined) throw new Error('the SDK left no program behind');
    chmodSync(path.join(folder, name), 0o755);
    renameSync(path.join(folder, name), target);
  } finally {
    clearInterval(watch);
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {number} patience milliseconds
 * @param {() => void} onStall
 * @returns {NodeJS.Timeout}
 */
function watchGrowth(folder, patience, onStall) {
  let bytes = -1;
  let grewAt = Date.now();
  return setInterval(() => {
    const now = readdirSync(folder).reduce((sum, name) => sum + sizeOf(path.join(folder, name)), 0);
    if (now !== bytes) grewAt = Date.now();
    bytes = now;
    if (Date.now() - grewAt > patience) onStall();
  }, lookEveryMs);
}

/**
 * @param {string} file
 * @returns {number} 0 where it was moved meanwhile
 */
function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

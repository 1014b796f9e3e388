import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { runCommand } from './commands.mjs';

/**
 * Programs that tests hold the product against, beside Node: judges of signatures and documents, and a browser.
 * `package` is the name of Debian's package that brings it.
 */
const programs = [
  { name: 'openssl', package: 'openssl', why: 'judges seals and issues time-stamps' },
  { name: 'pdfsig', package: 'poppler-utils', why: 'judges signed documents' },
  { name: 'curl', package: 'curl', why: 'calls the API as its paper shows' },
  { name: 'jq', package: 'jq', why: 'reads the answers there' },
  { name: 'chromium', package: 'chromium', why: 'opens the pages that people sign on' },
];

/**
 * Sees to the programs that tests need beside Node: what is missing is installed from Debian's packages where that is
 * possible, which takes the rights of root and `apt-get`.
 * @param {{ steps: import('./steps.mjs').Steps, signal?: AbortSignal, searchPath?: string | undefined, isRoot?: boolean }} options
 * @returns {Promise<void>}
 * @throws {Error} that names each program which is missing and how to get it
 */
export async function ensureTestPrograms({
  steps,
  signal,
  searchPath = process.env['PATH'],
  isRoot = process.getuid?.() === 0,
}) {
  const missing = programs.filter(({ name }) => !isOnPath(name, searchPath));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => program.package))];
  const names = missing.map(({ name }) => name).join(', ');
  if (!isRoot || !isOnPath('apt-get', searchPath)) {
    const list = missing.map(({ name, why }) => `${name} (${why})`).join(', ');
    throw new Error(`The tests need ${list} on the PATH. On Debian: apt-get install ${packages.join(' ')}`);
  }
  const env = { ...process.env, PATH: searchPath, DEBIAN_FRONTEND: 'noninteractive' };
  await steps.step(`Installed for the tests: ${names}`, async () => {
    await runCommand('apt-get', ['update', '--quiet'], { env, signal });
    const install = ['install', '--quiet', '--yes', '--no-install-recommends', ...packages];
    await runCommand('apt-get', install, { env, signal });
  });
}

/**
 * @param {string} name
 * @param {string} [searchPath]
 * @returns {boolean}
 */
function isOnPath(name, searchPath = '') {
  return searchPath.split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
      return false;
    }
  });
}

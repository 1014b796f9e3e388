import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

/**
 * The folder of the project: the nearest one above this file that has the sources beside `package.json`. The same
 * code runs from `tools/` and, copied by the build, from `dist/tools/`.
 */
export const projectRoot = findProjectRoot(import.meta.dirname);

/**
 * @param {string} start
 * @returns {string}
 */
function findProjectRoot(start) {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (path.dirname(folder) === folder) throw new Error(`No package.json above ${start}.`);
  }
}

/**
 * The folder that holds everything an installation keeps: `PACTLINE_HOME`, else `.pactline` in the project.
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {string} an absolute path
 */
export function homeFolder(environment = process.env) {
  return path.resolve(environment['PACTLINE_HOME'] || path.join(projectRoot, '.pactline'));
}

/**
 * The folder for what outlives a clone and may be made again, per user: `XDG_CACHE_HOME`, else what the platform says.
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {string}
 */
export function cacheFolder(environment = process.env) {
  if (environment['XDG_CACHE_HOME']) return path.join(environment['XDG_CACHE_HOME'], 'pactline');
  const home = environment['HOME'] || homedir() || tmpdir();
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'pactline');
  return path.join(home, '.cache', 'pactline');
}

/**
 * Loads the `.env` file of the project where there is one. What the environment already says wins.
 */
export function loadEnvironmentFile() {
  const file = path.join(projectRoot, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/**
 * The SHA-256 of one file in hexadecimal digits.
 * @param {string} file
 * @returns {string}
 */
export function hashFile(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * What went wrong, for a person.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  const message = memberOf(error, 'message');
  return typeof message === 'string' ? message : String(error);
}

/**
 * The code of a system error (`ENOENT`, `EADDRINUSE`), where it has one.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function codeOf(error) {
  const code = memberOf(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/**
 * A member of an error, told by its shape: anything may have been thrown.
 * @param {unknown} error
 * @param {'code' | 'message'} name
 * @returns {unknown}
 */
function memberOf(error, name) {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

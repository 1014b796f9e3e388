import { accessSync, constants, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './commands.mjs';
import { cacheFolder, messageOf } from './project.mjs';
import { downloadTemporal } from './temporal-download.mjs';
import { buildTemporal, findGo } from './temporal-build.mjs';

/** The version of the Temporal CLI the cache holds and that is built where there is none. */
export const temporalVersion = '1.5.1';

/** The oldest server inside a `temporal` found by chance that has all that the workflows use (updates with start). */
const oldestServer = [1, 27];

/**
 * @typedef {{ path: string, source: string }} TemporalExecutable `source` says where it is from, for a person
 * @typedef {{
 *   environment?: NodeJS.ProcessEnv,
 *   say: (line: string) => void,
 *   signal?: AbortSignal,
 *   dependencies?: Promise<unknown>,
 *   download?: (target: string, options: { signal?: AbortSignal }) => Promise<void>,
 *   build?: (target: string, options: { go: string, version: string, say: (line: string) => void, signal?: AbortSignal }) => Promise<void>,
 * }} FindOptions `dependencies`: settles once `node_modules` is there, which the download needs
 */

/**
 * Finds the program of the Temporal development server, and gets it where the machine has none. In this order:
 * `TEMPORAL_CLI_PATH`, `temporal` on the PATH, the cache; else it is downloaded and, where Go is present, built
 * beside that; what is there first goes into the cache.
 * @param {FindOptions} options
 * @returns {Promise<TemporalExecutable>}
 * @throws {Error} that names all ways, where none led to it, or where `TEMPORAL_CLI_PATH` is wrong
 */
export async function findTemporal(options) {
  const environment = options.environment ?? process.env;
  const given = environment['TEMPORAL_CLI_PATH'];
  if (given) return { path: await checkGiven(given), source: 'TEMPORAL_CLI_PATH' };
  const onPath = await findOnPath(environment, options.say);
  if (onPath) return { path: onPath, source: 'PATH' };
  const cached = cachedTemporal(environment);
  if (isExecutable(cached)) return { path: cached, source: 'cache' };
  mkdirSync(path.dirname(cached), { recursive: true });
  return { path: cached, source: await getTemporal(cached, environment, options) };
}

/**
 * Where the cache keeps the program of this version.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string}
 */
export function cachedTemporal(environment) {
  return path.join(cacheFolder(environment), 'temporal', `v${temporalVersion}`, 'temporal');
}

/**
 * @param {string} file
 * @returns {Promise<string>}
 */
async function checkGiven(file) {
  if (!isExecutable(file)) throw new Error(`TEMPORAL_CLI_PATH is not a program that can be run: ${file}`);
  const server = await serverVersion(file);
  if (!server) throw new Error(`TEMPORAL_CLI_PATH is not a Temporal CLI: ${file}`);
  return file;
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>}
 */
async function findOnPath(environment, say) {
  for (const folder of (environment['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, 'temporal');
    if (!folder || !isExecutable(file)) continue;
    const server = await serverVersion(file);
    if (server && !isOlder(server, oldestServer)) return file;
    say(`Passing over ${file}: ${server ? `its server ${server.join('.')} is too old` : 'it is no Temporal CLI'}.`);
  }
  return undefined;
}

/**
 * The version of the server inside a Temporal CLI, which tells more than the CLI's own.
 * @param {string} file
 * @returns {Promise<number[] | undefined>} undefined where the program is no Temporal CLI
 */
async function serverVersion(file) {
  const output = await runCommand(file, ['--version'], { signal: AbortSignal.timeout(20_000) }).catch(() => '');
  const version = /^temporal version .*\(Server (\d+)\.(\d+)\.(\d+)/.exec(output);
  return version ? version.slice(1, 4).map(Number) : undefined;
}

/**
 * @param {number[]} version
 * @param {number[]} oldest
 * @returns {boolean}
 */
function isOlder(version, oldest) {
  const [major = 0, minor = 0] = version;
  const [oldMajor = 0, oldMinor = 0] = oldest;
  return major < oldMajor || (major === oldMajor && minor < oldMinor);
}

/**
 * @param {string} file
 * @returns {boolean}
 */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Downloads the program and, where Go is present, builds it at the same time: the build takes minutes, so it does
 * not wait for the download to fail, and is stopped when the download is there.
 * @param {string} target
 * @param {NodeJS.ProcessEnv} environment
 * @param {FindOptions} options
 * @returns {Promise<string>} where it is from
 */
async function getTemporal(target, environment, { say, signal, dependencies, download, build }) {
  const enough = new AbortController();
  const either = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal;
  /** @type {string[]} */
  const failures = [];
  const attempt = async (/** @type {string} */ name, /** @type {() => Promise<void>} */ work) => {
    try {
      await work();
      return name;
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
      throw error;
    }
  };
  const ways = [
    attempt('download', async () => {
      await dependencies;
      const file = `${target}.download-${process.pid}`;
      await (download ?? downloadTemporal)(file, { signal: either });
      moveIntoPlace(file, target);
    }),
    attempt('Go build', async () => {
      const go = await findGo(environment);
      await (build ?? buildTemporal)(target, { go, version: temporalVersion, say, signal: either });
    }),
  ];
  try {
    return await Promise.any(ways);
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(noWayLeft(target, failures), { cause: error });
  } finally {
    enough.abort();
    await Promise.allSettled(ways);
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function moveIntoPlace(from, to) {
  try {
    renameSync(from, to);
  } finally {
    rmSync(from, { force: true });
  }
}

/**
 * @param {string} cached
 * @param {string[]} failures
 * @returns {string}
 */
function noWayLeft(cached, failures) {
  return [
    'Temporal was not found and could not be got. Any one of these helps:',
    '  - TEMPORAL_ADDRESS: the address of a Temporal server that runs already (host:port)',
    '  - TEMPORAL_CLI_PATH: the path of the `temporal` program (https://github.com/temporalio/cli/releases)',
    '  - `temporal` in a folder on the PATH',
    `  - \`temporal\` at ${cached}`,
    '  - access to the internet, for the download',
    '  - Go 1.25 or newer on the PATH, to build it',
    'What was tried:',
    ...failures.map((failure) => `  - ${failure.replaceAll('\n', '\n    ')}`),
  ].join('\n');
}

import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './commands.mjs';
import { waitForFolder } from './folder-lock.mjs';
import { formatSeconds } from './steps.mjs';

/** The oldest Go that the module builds with. */
const oldestGo = [1, 25];
const progressEveryMs = 30_000;

/**
 * The Go tool chain of the machine.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>} the command
 * @throws {Error} where there is none, or it is too old
 */
export async function findGo(environment) {
  const output = await runCommand('go', ['env', 'GOVERSION'], { env: { ...environment } }).catch(() => '');
  const version = /^go(\d+)\.(\d+)/.exec(output.trim());
  if (!version) throw new Error('no Go on the PATH');
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const [oldMajor = 0, oldMinor = 0] = oldestGo;
  if (major < oldMajor || (major === oldMajor && minor < oldMinor)) {
    throw new Error(`Go ${oldestGo.join('.')} or newer is needed, ${output.trim()} is present`);
  }
  return 'go';
}

/**
 * Builds the Temporal CLI from its Go module, in minutes, and puts it at `target`. The caches of the compiler take
 * gigabytes, so they are the build's own and are removed behind it. Two builds at once take turns, and the second
 * finds what the first made.
 * @param {string} target
 * @param {{ go: string, version: string, say: (line: string) => void, signal?: AbortSignal }} options
 */
export async function buildTemporal(target, { go, version, say, signal }) {
  const workFolder = path.join(path.dirname(target), 'build');
  const lock = await waitForFolder(workFolder, {
    address: `build of Temporal ${version}`,
    say,
    onWait: ({ pid }) => say(`Process ${pid} builds Temporal ${version} already; waiting for it.`),
    signal,
  });
  const began = Date.now();
  const progress = setInterval(
    () => say(`Still building Temporal ${version} with Go (${formatSeconds((Date.now() - began) / 1000)}).`),
    progressEveryMs,
  );
  try {
    if (readdirSync(path.dirname(target)).includes(path.basename(target))) return;
    emptyFolder(workFolder);
    say(
      `Building Temporal ${version} with Go: some minutes, this once; the result is kept in ${path.dirname(target)}.`,
    );
    await runCommand(go, ['install', '-trimpath', `github.com/temporalio/cli/cmd/temporal@v${version}`], {
      env: buildEnvironment(workFolder),
      signal,
      group: true,
      onStart: (pid) => lock.addChild('go', pid),
    });
    renameSync(path.join(workFolder, 'bin', path.basename(target)), target);
  } finally {
    clearInterval(progress);
    emptyFolder(workFolder);
    lock.release();
  }
}

/**
 * @param {string} workFolder
 * @returns {NodeJS.ProcessEnv}
 */
function buildEnvironment(workFolder) {
  const folders = {
    GOBIN: path.join(workFolder, 'bin'),
    GOCACHE: path.join(workFolder, 'cache'),
    GOMODCACHE: path.join(workFolder, 'modules'),
    GOTMPDIR: path.join(workFolder, 'tmp'),
  };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  return { ...process.env, ...folders, CGO_ENABLED: '0', GOFLAGS: '-modcacherw' };
}

/**
 * Removes all but the lock.
 * @param {string} folder
 */
function emptyFolder(folder) {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('holder.json')) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

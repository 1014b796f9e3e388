import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { runCommand } from './commands.mjs';
import { waitForFolder } from './folder-lock.mjs';
import { hashFile, projectRoot } from './project.mjs';

/**
 * @typedef {import('./steps.mjs').Steps} Steps
 * @typedef {{ steps: Steps, signal?: AbortSignal, onDependencies?: () => void }} SetupOptions
 */

const sourceFolders = ['apps', 'workflows', 'activities', 'libs', 'tools'];
const workflowFolders = ['workflows', 'libs'];
const buildSettings = ['package-lock.json', 'tsconfig.json', 'nest-cli.json', '.swcrc'];
const installStamp = path.join(projectRoot, 'node_modules', '.pactline-installed');
const buildStamp = path.join(projectRoot, 'dist', '.built.json');

/**
 * Brings packages and build up to date with the lock file and the sources; where they are, nothing is done. Two
 * commands at once take turns.
 * @param {SetupOptions} options `onDependencies` is called as soon as the packages are there
 */
export async function setUpProject({ steps, signal, onDependencies }) {
  const lock = await waitForFolder(setupFolder(), {
    address: `set-up of ${projectRoot}`,
    say: (line) => steps.say(line),
    onWait: ({ pid }) => steps.say(`Waiting for the set-up that process ${pid} does.`),
    signal,
  });
  try {
    await installPackages({ steps, signal });
    onDependencies?.();
    await build({ steps, signal });
  } finally {
    lock.release();
  }
}

/** The set-up's lock lies outside of the project: `npm ci` removes `node_modules`, and a clone may be shared. */
function setupFolder() {
  const key = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16);
  return path.join(tmpdir(), `pactline-setup-${userInfo().uid}-${key}`);
}

/**
 * @param {SetupOptions} options
 */
async function installPackages({ steps, signal }) {
  const wanted = `${hashFile(path.join(projectRoot, 'package-lock.json'))} ${process.platform}-${process.arch}`;
  if (readStamp(installStamp) === wanted) return;
  if (!installedByHand()) {
    const npm = npmCommand();
    await steps.step('Packages installed', () =>
      runCommand(npm.command, [...npm.args, 'ci', '--include=dev', '--no-audit', '--no-fund'], {
        cwd: projectRoot,
        signal,
      }),
    );
  }
  writeFileSync(installStamp, wanted);
}

/**
 * npm's own file where npm started us (it may not be on the PATH), else the program of that name.
 * @returns {{ command: string, args: string[] }}
 */
function npmCommand() {
  const file = process.env['npm_execpath'];
  return file && /npm-cli\.c?js$/.test(file)
    ? { command: process.execPath, args: [file] }
    : { command: 'npm', args: [] };
}

/**
 * Whether `node_modules` already holds exactly what the lock file says, because someone ran npm by hand.
 * @returns {boolean}
 */
function installedByHand() {
  const hiddenLock = path.join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(hiddenLock)) return false;
  const installed = JSON.parse(readFileSync(hiddenLock, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')).packages;
  delete wanted[''];
  const names = new Set([...Object.keys(wanted), ...Object.keys(installed)]);
  return [...names].every((name) => {
    if (!installed[name]) return wanted[name].optional === true;
    return wanted[name]?.version === installed[name].version && wanted[name].integrity === installed[name].integrity;
  });
}

/**
 * @param {SetupOptions} options
 */
async function build({ steps, signal }) {
  const built = JSON.parse(readStamp(buildStamp) ?? '{}');
  const wanted = { sources: hashSources(sourceFolders), workflows: hashSources(workflowFolders) };
  if (built.sources === wanted.sources && built.workflows === wanted.workflows) return;
  rmSync(buildStamp, { force: true });
  const options = { cwd: projectRoot, signal, env: { ...process.env, NODE_OPTIONS: '' } };
  const nest = path.join(projectRoot, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const work = [
    steps.step('Sources built', async () => {
      await runCommand(process.execPath, [nest, 'build'], options);
      removeOrphans();
      const bundling = path.join(projectRoot, 'tools', 'bundle-processes.mjs');
      await runCommand(process.execPath, [bundling], options);
    }),
  ];
  if (built.workflows !== wanted.workflows || !existsSync(path.join(projectRoot, 'dist', 'workflow-bundle.js'))) {
    const script = path.join(projectRoot, 'tools', 'bundle-workflows.mjs');
    work.push(
      steps.step('Workflows bundled', async () => void (await runCommand(process.execPath, [script], options))),
    );
  }
  await Promise.all(work);
  mkdirSync(path.dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, JSON.stringify(wanted));
}

/**
 * Removes what an earlier build made of a source that is no more. The build folder is not emptied at once, so that
 * a product that runs keeps its files.
 */
function removeOrphans() {
  for (const folder of sourceFolders) {
    for (const file of listFiles(path.join('dist', folder))) {
      const copied = path.relative('dist', file);
      const compiled = copied.replace(/\.js(\.map)?$/, '.ts');
      const isOfSource = [copied, compiled].some((source) => existsSync(path.join(projectRoot, source)));
      if (!isOfSource) rmSync(path.join(projectRoot, file));
    }
  }
}

/**
 * One hash over the names and the contents of all files of these folders and of the build's settings.
 * @param {string[]} folders
 * @returns {string}
 */
function hashSources(folders) {
  const hash = createHash('sha256');
  for (const file of [...buildSettings, ...folders.flatMap(listFiles)]) {
    hash.update(`${file}\n${hashFile(path.join(projectRoot, file))}\n`);
  }
  return hash.digest('hex');
}

/**
 * All files below a folder of the project, sorted, as paths relative to the project.
 * @param {string} folder
 * @returns {string[]}
 */
function listFiles(folder) {
  const absolute = path.join(projectRoot, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

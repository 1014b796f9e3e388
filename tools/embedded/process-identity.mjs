import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './project.mjs';

/**
 * A process as it is written down: a number alone is not enough, because the system gives it to another program once
 * the first has ended.
 * @typedef {{ name: string, pid: number, identity: string }} RecordedProcess
 */

/**
 * What tells this process from every other one that has or will have its number: the boot and the instant it was
 * started in. Undefined where no such process runs (a zombie has ended too).
 * @param {number} pid
 * @returns {string | undefined}
 */
export function processIdentity(pid) {
  return process.platform === 'linux' ? linuxIdentity(pid) : listedIdentity(pid);
}

/**
 * @param {number} pid
 * @returns {string | undefined}
 */
function linuxIdentity(pid) {
  const stat = readProcessStat(pid);
  if (stat === undefined) return undefined;
  // The program's name stands in brackets and may hold spaces: the fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTicks = fields[19];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return `${readBootId()}:${startTicks}`;
}

/**
 * @param {number} pid
 * @returns {string | undefined}
 */
function readProcessStat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

function readBootId() {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/**
 * @param {number} pid
 * @returns {string | undefined}
 */
function listedIdentity(pid) {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return started || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the recorded process still runs, and is the same one.
 * @param {{ pid: number, identity: string }} recorded
 * @returns {boolean}
 */
export function isRunning(recorded) {
  return processIdentity(recorded.pid) === recorded.identity;
}

/**
 * Writes a running process down; undefined where it has ended already.
 * @param {string} name
 * @param {number} pid
 * @returns {RecordedProcess | undefined}
 */
export function recordProcess(name, pid) {
  const identity = processIdentity(pid);
  return identity === undefined ? undefined : { name, pid, identity };
}

/**
 * Sends a signal to the process group the process leads, or to the process alone where it leads none. A process that
 * has ended meanwhile is no error.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 * @param {boolean} [group]
 */
export function signalProcess(pid, signal, group = false) {
  try {
    process.kill(group ? -pid : pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
    if (group) signalProcess(pid, signal);
  }
}

/**
 * Stops a recorded process that may have been started by another launcher: politely, then, after `patienceMs`, for
 * good with its group. A process that only has the same number is left alone.
 * @param {RecordedProcess} recorded
 * @param {{ signal: NodeJS.Signals, patienceMs: number }} options
 * @returns {Promise<boolean>} whether there was anything to stop
 */
export async function stopRecorded(recorded, { signal, patienceMs }) {
  if (!isRunning(recorded)) return false;
  signalProcess(recorded.pid, signal);
  const end = Date.now() + patienceMs;
  while (isRunning(recorded)) {
    if (Date.now() > end) {
      signalProcess(recorded.pid, 'SIGKILL', true);
      break;
    }
    await sleep(50);
  }
  while (isRunning(recorded)) await sleep(20);
  return true;
}

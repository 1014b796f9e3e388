import { spawn } from 'node:child_process';
import { codeOf, messageOf } from './project.mjs';

/**
 * A program that is run to its end, its output kept for the case that it fails.
 * @typedef {{
 *   cwd?: string,
 *   env?: NodeJS.ProcessEnv,
 *   signal?: AbortSignal,
 *   group?: boolean,
 *   account?: { uid: number, gid: number },
 *   onStart?: (pid: number) => void,
 * }} CommandOptions `group`: the program leads a process group of its own, which ends with it when it is aborted;
 *   `account`: whom it runs as, where that is not us
 */

/** How much of a failed program's output is shown: npm says what is wrong first, most others last. */
const firstLines = 20;
const lastLines = 40;

/**
 * Runs a program and answers with its standard output.
 * @param {string} command
 * @param {string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<string>}
 * @throws {Error} with the end of its output, where it can't be started or does not end with 0
 */
export function runCommand(command, args, { cwd, env, signal, group = false, account, onStart } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal));
    const child = spawn(command, args, { cwd, env, detached: group, stdio: ['ignore', 'pipe', 'pipe'], ...account });
    let output = '';
    let everything = '';
    const stop = () => {
      if (child.pid !== undefined) endChild(child.pid, group);
    };
    signal?.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (chunk) => {
      output += chunk;
      everything += chunk;
    });
    child.stderr.on('data', (chunk) => {
      everything += chunk;
    });
    child.on('spawn', () => {
      if (child.pid !== undefined) onStart?.(child.pid);
    });
    child.on('error', reject);
    child.on('close', (code, ending) => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) return reject(reasonOf(signal));
      if (code === 0) return resolve(output);
      const how = code === null ? `was ended by ${ending}` : `ended with ${code}`;
      reject(new Error(`${[command, ...args].join(' ')} ${how}:\n${shorten(everything)}`));
    });
  });
}

/**
 * @param {string} output
 * @returns {string}
 */
function shorten(output) {
  const lines = output.trimEnd().split('\n');
  if (lines.length <= firstLines + lastLines) return lines.join('\n');
  return [...lines.slice(0, firstLines), '…', ...lines.slice(-lastLines)].join('\n');
}

/**
 * @param {AbortSignal} signal
 * @returns {Error}
 */
function reasonOf({ reason }) {
  return reason instanceof Error ? reason : new Error(messageOf(reason));
}

/**
 * @param {number} pid
 * @param {boolean} group
 */
function endChild(pid, group) {
  try {
    process.kill(group ? -pid : pid, group ? 'SIGKILL' : 'SIGTERM');
  } catch (error) {
    // It ended by itself a moment earlier.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './project.mjs';
import { isRunning, processIdentity, recordProcess, stopRecorded } from './process-identity.mjs';

/**
 * Who holds a folder: the process, the address it is told by, and the processes it started for the folder.
 * @typedef {import('./process-identity.mjs').RecordedProcess} RecordedProcess
 * @typedef {{ pid: number, identity: string, address: string, children: RecordedProcess[] }} FolderRecord
 */

/** Thrown where another process that runs holds the folder. */
export class FolderIsTaken extends Error {
  /**
   * @param {string} folder
   * @param {FolderRecord} holder
   */
  constructor(folder, holder) {
    super(`${folder} is in use by process ${holder.pid} (${holder.address}).`);
    this.name = 'FolderIsTaken';
    this.holder = holder;
  }
}

/** The order in which what a dead process left is stopped: those who use a server come before the server. */
const stopOrder = ['api', 'worker', 'sandbox', 'mail', 'temporal', 'postgres'];

/** @param {string} folder */
const recordFile = (folder) => path.join(folder, 'holder.json');

/**
 * Who holds the folder, dead or alive; undefined where nobody does.
 * @param {string} folder
 * @returns {FolderRecord | undefined}
 */
export function readHolder(folder) {
  try {
    return JSON.parse(readFileSync(recordFile(folder), 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Error(`${recordFile(folder)} can't be read; remove it once no process of Pactline uses the folder.`, {
      cause: error,
    });
  }
}

/**
 * Holds a folder for this process, so that two launchers never share one. It also writes down every process that is
 * started for the folder, so that the next holder finds them should this one be killed.
 */
export class FolderLock {
  /**
   * @param {string} folder
   * @param {FolderRecord} record
   */
  constructor(folder, record) {
    this.folder = folder;
    this.record = record;
    this.released = false;
  }

  /**
   * Changes what others are told of the holder.
   * @param {string} address
   */
  setAddress(address) {
    this.record.address = address;
    this.#write();
  }

  /**
   * Writes down a child process that has just been started.
   * @param {string} name
   * @param {number} pid
   */
  addChild(name, pid) {
    const recorded = recordProcess(name, pid);
    if (!recorded) return;
    this.record.children.push(recorded);
    this.#write();
  }

  /**
   * Forgets a child process that has ended.
   * @param {number} pid
   */
  removeChild(pid) {
    this.record.children = this.record.children.filter((child) => child.pid !== pid);
    this.#write();
  }

  /** Gives the folder free. */
  release() {
    this.released = true;
    rmSync(recordFile(this.folder), { force: true });
  }

  #write() {
    if (this.released) return;
    const temporary = `${recordFile(this.folder)}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(this.record, null, 2), { mode: 0o600 });
    renameSync(temporary, recordFile(this.folder));
  }
}

/**
 * Takes the folder for this process, making it where it is missing. Where a process that was killed held it, what
 * that one left running is stopped first, and said.
 * @param {string} folder
 * @param {{ address: string, say: (line: string) => void }} options `address` is what others are told of the holder
 * @returns {Promise<FolderLock>}
 * @throws {FolderIsTaken} where a process that runs holds it
 */
export async function acquireFolder(folder, { address, say }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const identity = processIdentity(process.pid);
  if (identity === undefined) throw new Error('This system does not tell when a process was started (ps is missing).');
  /** @type {FolderRecord} */
  const record = { pid: process.pid, identity, address, children: [] };
  for (;;) {
    if (createRecord(folder, record)) return new FolderLock(folder, record);
    const holder = readHolder(folder);
    if (!holder) continue;
    if (isRunning(holder)) throw new FolderIsTaken(folder, holder);
    await stopLeftovers(holder, say);
    dropRecord(folder, holder);
  }
}

/**
 * Takes the folder as soon as nobody else holds it.
 * @param {string} folder
 * @param {{ address: string, say: (line: string) => void, onWait: (holder: FolderRecord) => void, signal?: AbortSignal }} options
 * @returns {Promise<FolderLock>}
 */
export async function waitForFolder(folder, { address, say, onWait, signal }) {
  let waits = false;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await acquireFolder(folder, { address, say });
    } catch (error) {
      if (!(error instanceof FolderIsTaken)) throw error;
      if (!waits) onWait(error.holder);
      waits = true;
    }
    await sleep(200, undefined, { signal });
  }
}

/**
 * Links a complete file into place: two starts at once can't both succeed, and nobody reads half a record.
 * @param {string} folder
 * @param {FolderRecord} record
 * @returns {boolean} false where there is one already
 */
function createRecord(folder, record) {
  const temporary = `${recordFile(folder)}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(record, null, 2), { mode: 0o600 });
  try {
    linkSync(temporary, recordFile(folder));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Removes a dead holder's record, and no other: it is moved aside first and put back should it be a newer one.
 * @param {string} folder
 * @param {FolderRecord} dead
 */
function dropRecord(folder, dead) {
  const aside = `${recordFile(folder)}.dead.${process.pid}`;
  try {
    renameSync(recordFile(folder), aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = JSON.parse(readFileSync(aside, 'utf8'));
  if (moved.pid === dead.pid && moved.identity === dead.identity) rmSync(aside);
  else renameSync(aside, recordFile(folder));
}

/**
 * @param {FolderRecord} dead
 * @param {(line: string) => void} say
 */
async function stopLeftovers(dead, say) {
  const children = [...dead.children].sort((a, b) => stopOrder.indexOf(a.name) - stopOrder.indexOf(b.name));
  /** @type {string[]} */
  const stopped = [];
  for (const child of children) {
    const signal = child.name === 'postgres' ? 'SIGINT' : 'SIGTERM';
    if (await stopRecorded(child, { signal, patienceMs: 15_000 })) stopped.push(`${child.name} (${child.pid})`);
  }
  const left = stopped.length > 0 ? `Stopped what it left running: ${stopped.join(', ')}.` : 'It left nothing running.';
  say(`The process before (${dead.pid}, ${dead.address}) was killed. ${left}`);
}

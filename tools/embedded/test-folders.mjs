import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { acquireFolder, FolderIsTaken, readHolder } from './folder-lock.mjs';
import { isRunning } from './process-identity.mjs';

/** The beginning of the name of every folder that a test run keeps its servers in. */
const prefix = `pactline-test-${userInfo().uid}-`;

/**
 * Makes the folder a test run keeps its servers in. PostgreSQL's account may pass through it.
 * @returns {string}
 */
export function makeTestFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  chmodSync(folder, 0o711);
  return folder;
}

/**
 * Stops and removes what test runs left that were killed.
 * @param {(line: string) => void} say
 */
export async function sweepTestFolders(say) {
  for (const name of readdirSync(tmpdir())) {
    const folder = path.join(tmpdir(), name);
    const holder = name.startsWith(prefix) && existsSync(folder) ? readHolder(folder) : undefined;
    if (!holder || isRunning(holder)) continue;
    try {
      await acquireFolder(folder, { address: 'cleaning up', say });
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      // Another run cleans it up at this moment.
      if (!(error instanceof FolderIsTaken)) throw error;
    }
  }
}

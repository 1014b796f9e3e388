import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * A folder from which the bank's software takes files. A file is first staged beside it, under a token that the
 * database then remembers, and is put in place by one rename: the staged file is there before and gone after, whenever
 * a process is killed, so that nobody puts a file into the folder that was taken from it already.
 */
export class DropFolder {
  constructor(private readonly folder: string) {}

  /** Writes the bytes durably where nobody looks for them; the token under which they lie. */
  async stage(bytes: Uint8Array): Promise<string> {
    const token = randomUUID();
    await mkdir(this.staging, { recursive: true });
    const file = await open(this.staged(token), 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(this.staging);
    return token;
  }

  /** Puts a staged file into the folder; false where that was done before. */
  async drop(token: string, fileName: string): Promise<boolean> {
    try {
      await rename(this.staged(token), path.join(this.folder, fileName));
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return false;
      throw error;
    }
    await syncFolder(this.folder);
    return true;
  }

  /** Forgets what was staged for nothing. */
  discard(token: string): Promise<void> {
    return rm(this.staged(token), { force: true });
  }

  private get staging(): string {
    return path.join(this.folder, '.staging');
  }

  private staged(token: string): string {
    return path.join(this.staging, token);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

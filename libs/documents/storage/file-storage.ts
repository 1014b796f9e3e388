import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { assertHash, DocumentStorage, storageFailure } from './document-storage.js';

export interface FileStorageOptions {
  /** The folder of all documents; made where it is missing. */
  folder: string;
  /** How long one call may take, in milliseconds; a network folder may hang for ever. */
  timeoutMs: number;
  /** Opens a new file; another one than the file system's own makes disks full in tests. */
  create?: (file: string) => Promise<FileHandle>;
}

/** Where files are written before they are renamed to their places. */
const incoming = 'incoming';

/**
 * Documents as files `ab/cd/<hash>`, readable by the product's user alone. A file appears whole or not at all: it is
 * written in the folder `incoming`, brought to the disk and then renamed, so that several processes may share one folder.
 * What a process that was killed leaves there is removed by a later write of any process.
 */
export class FileStorage extends DocumentStorage {
  private readonly create: (file: string) => Promise<FileHandle>;
  /** Folders, as `ab` and `abcd`, whose names are known to be on the disk: each process brings them there once. */
  private readonly lasting = new Set<string>();
  /** What this process writes just now. */
  private readonly underWay = new Set<string>();

  constructor(private readonly options: FileStorageOptions) {
    super();
    this.create = options.create ?? ((file) => open(file, 'wx', 0o600));
  }

  async put(hash: string, bytes: Uint8Array, { replace } = { replace: false }): Promise<void> {
    assertHash(hash);
    await this.inTime('store', () => this.write(hash, bytes, replace));
  }

  async get(hash: string): Promise<Uint8Array | undefined> {
    assertHash(hash);
    return this.inTime('read', () => unlessMissing(readFile(this.fileOf(hash))));
  }

  async delete(hash: string): Promise<void> {
    assertHash(hash);
    await this.inTime('erase', async () => {
      const file = this.fileOf(hash);
      await rm(file, { force: true });
      await unlessMissing(synchronize(path.dirname(file)));
    });
  }

  private fileOf(hash: string): string {
    return path.join(this.options.folder, hash.slice(0, 2), hash.slice(2, 4), hash);
  }

  private async write(hash: string, bytes: Uint8Array, replace: boolean): Promise<void> {
    const file = this.fileOf(hash);
    const folder = path.dirname(file);
    const [outer, inner] = [hash.slice(0, 2), hash.slice(0, 4)];
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) [outer, inner].forEach((each) => this.lasting.delete(each));
    await this.removeAbandoned();
    if (replace || !(await exists(file))) await this.writeAnew(file, bytes);
    // Also where another process wrote the file: it may have been killed before its folder was on the disk.
    await synchronize(folder);
    if (!this.lasting.has(inner)) await synchronize(path.dirname(folder));
    if (!this.lasting.has(outer)) await synchronize(this.options.folder);
    [outer, inner].forEach((each) => this.lasting.add(each));
  }

  private async writeAnew(file: string, bytes: Uint8Array): Promise<void> {
    const name = `${path.basename(file)}.${randomUUID()}`;
    const temporary = path.join(this.incoming, name);
    this.underWay.add(name);
    try {
      const handle = await this.create(temporary);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      this.underWay.delete(name);
    }
  }

  private get incoming(): string {
    return path.join(this.options.folder, incoming);
  }

  /** A write of another process that took longer than its time-out was given up: nobody waits for its file any more. */
  private async removeAbandoned(): Promise<void> {
    await mkdir(this.incoming, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.incoming)) {
      if (this.underWay.has(name)) continue;
      const file = path.join(this.incoming, name);
      const found = await unlessMissing(stat(file));
      // Twice the time, for clocks that differ.
      if (found && Date.now() - found.mtimeMs > 2 * this.options.timeoutMs) await rm(file, { force: true });
    }
  }

  private async inTime<T>(doing: Parameters<typeof storageFailure>[0], work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = Object.assign(new Error('the file system does not answer'), { code: 'ETIMEDOUT' });
      timer = setTimeout(() => reject(error), this.options.timeoutMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      throw storageFailure(doing, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function exists(file: string): Promise<boolean> {
  const found = await unlessMissing(access(file, constants.F_OK).then(() => true));
  return found === true;
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A new name is on the disk only once its folder is. */
async function synchronize(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

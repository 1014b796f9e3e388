import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * An append-only file of JSON lines that is on disk before anyone is answered. Lines that arrive while a write is under
 * way share the next one, so that hundreds of callers a second cost a few dozen syncs.
 */
export class Journal<Entry> {
  private pending: string[] = [];
  private current: Promise<void> = Promise.resolve();
  private queued: Promise<void> | undefined;

  private constructor(private readonly file: FileHandle) {}

  /**
   * Reads what the file holds. A last line without its end was never acknowledged and is left out.
   *
   * @throws Error where any other line cannot be read: that file was changed by somebody
   */
  static async read<Entry>(path: string, accept: (entry: Entry) => void): Promise<void> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    let start = 0;
    for (let line = 1; ; line += 1) {
      const end = bytes.indexOf(0x0a, start);
      if (end === -1) return;
      accept(parseLine<Entry>(bytes.toString('utf8', start, end), path, line));
      start = end + 1;
    }
  }

  /** Replaces the file by these entries in one step, then keeps it open for appending. */
  static async compact<Entry>(path: string, entries: Iterable<Entry>): Promise<Journal<Entry>> {
    const next = `${path}.next`;
    const file = await open(next, 'w', 0o600);
    let lines: string[] = [];
    for (const entry of entries) {
      lines.push(`${JSON.stringify(entry)}\n`);
      if (lines.length < 1_000) continue;
      await file.appendFile(lines.join(''));
      lines = [];
    }
    await file.appendFile(lines.join(''));
    await file.sync();
    await rename(next, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
    return new Journal(file);
  }

  /** Resolves once the entry is on disk. After a failed write every later call fails too: the file's end is unknown. */
  append(entry: Entry): Promise<void> {
    this.pending.push(`${JSON.stringify(entry)}\n`);
    return this.durable();
  }

  /** Resolves once everything that was appended so far is on disk. */
  durable(): Promise<void> {
    if (this.pending.length === 0) return this.current;
    this.queued ??= this.current.then(() => this.flush());
    return this.queued;
  }

  async close(): Promise<void> {
    await this.durable().finally(() => this.file.close());
  }

  private async flush(): Promise<void> {
    const lines = this.pending.join('');
    this.pending = [];
    this.current = this.queued ?? this.current;
    this.queued = undefined;
    await this.file.appendFile(lines);
    await this.file.datasync();
  }
}

function parseLine<Entry>(text: string, path: string, line: number): Entry {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    throw new Error(`${path} cannot be read at line ${line}: restore it or remove it to begin anew`);
  }
}

import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CaughtMail } from './mail-store.js';

/**
 * The file that keeps the mails over a restart: one JSON line each, appended. Writes follow one another; lines that
 * come while one is under way share the next.
 */
export class MailFile {
  private pending: string[] = [];
  private last: Promise<void> = Promise.resolve();
  private linesInFile = 0;
  /** Set while the file's end is not known to be that of a line, after a crash or a failed write. */
  private torn = false;

  constructor(
    private readonly path: string,
    private readonly maxMails: number,
  ) {}

  /** The mails that the file holds. A last line without its end was never acknowledged to its sender and is left out. */
  async read(): Promise<CaughtMail[]> {
    await mkdir(dirname(this.path), { recursive: true });
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    const lines = complete.split('\n').slice(0, -1);
    this.linesInFile = lines.length;
    this.torn = complete.length < text.length;
    return lines.map((line, index) => this.parse(line, index + 1));
  }

  /**
   * Resolves once the mail is in the file. `kept` gives all mails to keep, this one included; it is asked where the
   * file has grown too long or its end is torn.
   */
  append(mail: CaughtMail, kept: () => readonly CaughtMail[]): Promise<void> {
    this.pending.push(`${JSON.stringify(mail)}\n`);
    return this.inTurn(async () => {
      const lines = this.pending;
      this.pending = [];
      if (this.torn || this.linesInFile + lines.length > 2 * this.maxMails) return this.replace(kept());
      if (lines.length === 0) return;
      this.torn = true;
      await appendFile(this.path, lines.join(''), { mode: 0o600 });
      this.torn = false;
      this.linesInFile += lines.length;
    });
  }

  /** Leaves these mails alone in the file, in one step. */
  rewrite(kept: () => readonly CaughtMail[]): Promise<void> {
    return this.inTurn(() => this.replace(kept()));
  }

  /** Resolves once everything is written. */
  async settled(): Promise<void> {
    await this.last;
  }

  private inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.last.then(write);
    // A failed write is told to whoever asked for it, and does not hold back the next.
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async replace(mails: readonly CaughtMail[]): Promise<void> {
    const next = `${this.path}.next`;
    await writeFile(next, mails.map((mail) => `${JSON.stringify(mail)}\n`).join(''), { mode: 0o600 });
    await rename(next, this.path);
    this.linesInFile = mails.length;
    this.torn = false;
  }

  private parse(line: string, number: number): CaughtMail {
    try {
      return JSON.parse(line) as CaughtMail;
    } catch {
      throw new Error(`${this.path} cannot be read at line ${number}: remove it to begin anew`);
    }
  }
}

import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './project.mjs';
import { signalProcess } from './process-identity.mjs';

/** Who processes are started for. */
export interface ProcessHost {
  /** Keeps the list of running processes, for the case that the launcher is killed. */
  readonly registry: { addChild(name: string, pid: number): void; removeChild(pid: number): void };
  /** Is told of a process before it starts, so that it can be stopped from then on; throws where none may start. */
  adopt(process: ManagedProcess): void;
  /** How its processes are started again when they end by themselves; the usual way where it is missing. */
  readonly restarts?: RestartPolicy | undefined;
}

/** How one process of the product is started, known to be ready, and stopped. */
export interface ProcessSpec {
  /** The short name in logs and records: `api`, `postgres`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly folder?: string;
  /** The account it runs as, where that is not the launcher's own. */
  readonly account?: { readonly uid: number; readonly gid: number };
  readonly logFile: string;
  /** Asked again and again after the start; `log` is what this run of the process has written so far. */
  isReady(log: string): Promise<boolean>;
  readonly readyWithinMs: number;
  readonly stopSignal: NodeJS.Signals;
  /** Sent where it took too long to stop, or where nothing is to be waited for. */
  readonly killSignal: NodeJS.Signals;
  /** How long it may take to stop before it is killed, in milliseconds. */
  readonly stopWithinMs: number;
}

/** What a supervised process tells. */
export interface Supervision {
  say(line: string): void;
  /** Called when the process was restarted too often in a row. */
  gaveUp(name: string): void;
}

/** How often, and after which pauses, a process that ends by itself is started again. */
export interface RestartPolicy {
  readonly restartsInARow: number;
  /** The pause before the first restart; each further one is twice as long. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

const usualRestarts: RestartPolicy = { restartsInARow: 6, firstPauseMs: 500, longestPauseMs: 15_000 };
const logSizeToRotate = 10 * 1024 * 1024;
const shownLogLines = 25;
const readyPollMs = 40;
/** A process that lived this long starts again with a clean record. */
const goodLifeMs = 60_000;

/**
 * One process of the product, from start to end. It leads a process group of its own, so that a Ctrl-C in the terminal
 * reaches the launcher alone, which then stops the processes in order. Its output goes straight into its log file, so
 * that it does not depend on the launcher's life.
 */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private ready = false;
  private readonly stopRequest = new AbortController();
  private failuresInARow = 0;
  private supervision: Supervision | undefined;
  private revival: Promise<void> = Promise.resolve();

  constructor(
    readonly spec: ProcessSpec,
    private readonly host: ProcessHost,
    private readonly restarts: RestartPolicy = usualRestarts,
  ) {
    host.adopt(this);
  }

  /** The number of the running process; undefined where none runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Whether it runs and has said that it is ready; what it is asked then may still find a server of its own away. */
  get isReady(): boolean {
    return this.ready;
  }

  /**
   * Starts the process and waits until it is ready.
   *
   * @throws an error with the end of its log where it ends or stays silent for too long
   */
  async start(): Promise<void> {
    this.stopRequest.signal.throwIfAborted();
    const bornAt = Date.now();
    const { child, logStart } = this.spawnChild();
    // Rejects where the program can't be started at all.
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`${this.spec.name} could not be started.`);
    this.child = child;
    this.host.registry.addChild(this.spec.name, child.pid);
    child.once('exit', (code, signal) => this.ended(child, bornAt, code === null ? `${signal}` : `code ${code}`));
    if (this.stopRequest.signal.aborted) await this.endChild(false);
    await this.waitUntilReady(child, logStart);
    this.ready = this.child === child;
  }

  /** From now on, restarts the process when it ends by itself, later and later, and gives up in the end. */
  supervise(supervision: Supervision): void {
    this.supervision = supervision;
    if (!this.child) this.revival = this.revive(supervision, 'right after its start');
  }

  /** Stops the process, for good with its whole group where it takes too long or `force` is set. */
  async stop({ force = false } = {}): Promise<void> {
    this.stopRequest.abort();
    await this.endChild(force);
    await this.revival;
  }

  private async endChild(force: boolean): Promise<void> {
    const child = this.child;
    if (child?.pid === undefined) return;
    const over = once(child, 'exit');
    signalProcess(child.pid, force ? this.spec.killSignal : this.spec.stopSignal, force);
    const kill = setTimeout(() => {
      if (child.pid !== undefined) signalProcess(child.pid, this.spec.killSignal, true);
    }, this.spec.stopWithinMs);
    await over;
    clearTimeout(kill);
  }

  private spawnChild(): { child: ChildProcess; logStart: number } {
    const { command, args, environment, folder, account, logFile } = this.spec;
    mkdirSync(path.dirname(logFile), { recursive: true });
    const sizeOfLog = (): number => statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    if (sizeOfLog() > logSizeToRotate) renameSync(logFile, `${logFile}.1`);
    const logStart = sizeOfLog();
    const log = openSync(logFile, 'a', 0o600);
    try {
      const stdio: StdioOptions = ['ignore', log, log];
      const child = spawn(command, args, { cwd: folder, env: environment, detached: true, stdio, ...account });
      return { child, logStart };
    } finally {
      closeSync(log);
    }
  }

  private async waitUntilReady(child: ChildProcess, logStart: number): Promise<void> {
    const end = Date.now() + this.spec.readyWithinMs;
    for (;;) {
      if (this.child !== child) throw new Error(`${this.spec.name} ended before it was ready.\n${this.logTail()}`);
      if (await this.spec.isReady(this.readLog(logStart))) return;
      if (Date.now() > end) {
        await this.endChild(false);
        const waited = `${this.spec.readyWithinMs / 1000} s`;
        throw new Error(`${this.spec.name} was not ready within ${waited}.\n${this.logTail()}`);
      }
      await sleep(readyPollMs);
    }
  }

  private readLog(from: number): string {
    return readFileSync(this.spec.logFile).subarray(from).toString('utf8');
  }

  private logTail(): string {
    const lines = readFileSync(this.spec.logFile, 'utf8').trimEnd().split('\n').slice(-shownLogLines);
    return `The end of ${this.spec.logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }

  private ended(child: ChildProcess, bornAt: number, how: string): void {
    if (child.pid !== undefined) this.host.registry.removeChild(child.pid);
    if (this.child === child) {
      this.child = undefined;
      this.ready = false;
    }
    if (this.stopRequest.signal.aborted || !this.supervision) return;
    if (Date.now() - bornAt > goodLifeMs) this.failuresInARow = 0;
    this.revival = this.revive(this.supervision, how);
  }

  private async revive(supervision: Supervision, how: string): Promise<void> {
    const { name, logFile } = this.spec;
    const { restartsInARow, firstPauseMs, longestPauseMs } = this.restarts;
    const stopped = this.stopRequest.signal;
    // While it is being revived, another end belongs to this loop and must not begin a second one.
    this.supervision = undefined;
    for (let reason = `ended (${how})`; !stopped.aborted;) {
      this.failuresInARow += 1;
      if (this.failuresInARow > restartsInARow) return supervision.gaveUp(name);
      const pause = Math.min(firstPauseMs * 2 ** (this.failuresInARow - 1), longestPauseMs);
      supervision.say(`${name} ${reason}; starting it again in ${pause / 1000} s. Its log: ${logFile}`);
      await sleep(pause, undefined, { signal: stopped }).catch(() => undefined);
      if (stopped.aborted) return;
      try {
        await this.start();
      } catch (error) {
        reason = `could not be started (${messageOf(error).split('\n', 1)[0]})`;
        continue;
      }
      this.supervision = supervision;
      return supervision.say(`${name} runs again.`);
    }
  }
}

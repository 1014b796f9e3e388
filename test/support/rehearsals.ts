import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireFolder, readHolder } from '../../tools/embedded/folder-lock.mjs';
import { removeHome } from '../../tools/embedded/postgres.js';
import { productVariables } from '../../tools/embedded/product-environment.js';
import { projectRoot } from '../../tools/embedded/project.mjs';

/** One run of a compiled command, `dist/tools/NAME.js`, and what it prints. */
export class CommandRun {
  output = '';
  errors = '';
  readonly ended: Promise<number | null>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** Starts it with the environment of this machine alone, and `variables`. */
  static start(name: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): CommandRun {
    const machine = Object.entries(process.env).filter(([variable]) => !productVariables.includes(variable));
    const env = { ...Object.fromEntries(machine), ...variables };
    const script = path.join(projectRoot, 'dist', 'tools', `${name}.js`);
    return new CommandRun(spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Waits until the output holds something; throws with all of it where the command ends before. */
  async says(pattern: RegExp): Promise<void> {
    let hasEnded = false;
    void this.ended.then(() => (hasEnded = true));
    while (!pattern.test(this.output)) {
      if (hasEnded) throw new Error(`It ended without ${pattern}:\n${this.output}\n${this.errors}`);
      await sleep(10);
    }
  }

  /** Ends it without a chance to tidy up. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Folders for homes and reports of one test file; what is left running there is stopped with them. */
export class TestFolders {
  private readonly folders: string[] = [];

  make(): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-rehearsal-'));
    this.folders.push(folder);
    return folder;
  }

  async remove(): Promise<void> {
    for (const folder of this.folders) {
      const home = path.join(folder, 'home');
      if (existsSync(home)) {
        // Taking the home stops what a command that was killed left running there.
        (await acquireFolder(home, { address: 'a test', say: () => undefined })).release();
        removeHome(home);
      }
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The number of a process of the product that runs on a home, once it is there. */
export async function processOf(home: string, name: string): Promise<number> {
  for (;;) {
    const pid = existsSync(home) ? readHolder(home)?.children.find((child) => child.name === name)?.pid : undefined;
    if (pid !== undefined) return pid;
    await sleep(10);
  }
}

export function readJson(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

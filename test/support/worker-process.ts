import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Environment } from '../../libs/config/index.js';
import type { TestProduct } from './product.js';
import { projectRoot } from './sources.js';

/** An environment of the product as a process of its own is given it; Node's options are those of the tests alone. */
export function processEnvironment(env: Environment): NodeJS.ProcessEnv {
  const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return { ...process.env, NODE_OPTIONS: '', ...(Object.fromEntries(given) as NodeJS.ProcessEnv) };
}

/** A worker as a process of its own, as a machine would run it, that can be killed. */
export class WorkerProcess {
  private readonly gone: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.gone = new Promise((resolve) => child.once('exit', resolve));
  }

  /** Ready when it says so. */
  static async start(product: TestProduct): Promise<WorkerProcess> {
    const child = spawn(process.execPath, [path.join(projectRoot, 'dist', 'processes', 'worker.js')], {
      env: { ...processEnvironment(product.env), LOG_LEVEL: 'log' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const worker = new WorkerProcess(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('worker ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the worker ended with ${code} before it was ready`)));
    });
    return worker;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Ends it at once, as a machine that loses its power would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.gone;
  }
}

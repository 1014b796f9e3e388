import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Product } from '../../embedded/product.js';

const sampleMs = 1_000;

/** How much memory a process of the product held while something went on, in MiB. */
export interface Memory {
  atStart: number;
  /** Of each tenth of the time, the largest sample. */
  tenths: number[];
  largest: number;
}

/** Samples the resident memory of one process until it is stopped. */
export class MemoryWatch {
  private readonly samples: number[] = [];
  private isStopped = false;
  private readonly sampling: Promise<void>;

  constructor(
    private readonly product: Product,
    private readonly name: string,
  ) {
    this.sampling = this.sample();
  }

  async stop(): Promise<Memory> {
    this.isStopped = true;
    await this.sampling;
    const { samples } = this;
    const tenths = Array.from({ length: 10 }, (_, index) => {
      const part = samples.slice(
        Math.floor((index * samples.length) / 10),
        Math.ceil(((index + 1) * samples.length) / 10),
      );
      return Math.max(0, ...part);
    });
    return { atStart: samples[0] ?? 0, tenths, largest: Math.max(0, ...samples) };
  }

  private async sample(): Promise<void> {
    while (!this.isStopped) {
      this.samples.push(residentMiB(this.product.processes.get(this.name)?.pid));
      await sleep(sampleMs);
    }
  }
}

/** As Linux tells it; 0 where nobody does. */
function residentMiB(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}

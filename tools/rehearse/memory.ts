import { readFileSync } from 'node:fs';

const sampleMs = 2_000;

/** Follows how much memory some processes take at most, over restarts of theirs too. */
export class PeakMemory {
  private readonly peaks = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly processes: ReadonlyMap<string, { readonly pid: number | undefined }>) {
    this.timer = setInterval(() => this.sample(), sampleMs).unref();
  }

  /** The most that the process had at once, in bytes; undefined where the system does not tell. */
  bytes(name: string): number | undefined {
    this.sample();
    return this.peaks.get(name);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    for (const [name, { pid }] of this.processes) {
      const bytes = pid === undefined ? undefined : peakOf(pid);
      if (bytes !== undefined) this.peaks.set(name, Math.max(bytes, this.peaks.get(name) ?? 0));
    }
  }
}

/** The high-water mark of a process's resident memory, as Linux keeps it. */
function peakOf(pid: number): number | undefined {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    // Another system, or a process that has just ended.
    return undefined;
  }
}

import type { JournalChain } from './journal-chain.js';

export interface ChainRunnerOptions {
  chain: Pick<JournalChain, 'extendAll'>;
  /** Told of a run that failed; the next one tries again. */
  onFailure: (error: unknown) => void;
  intervalMs?: number;
}

const defaultIntervalMs = 5_000;

/** Chains the journal again and again until it is stopped. Any number of these may run: one at a time has a program. */
export class ChainRunner {
  private stopped = false;
  private wakeUp: () => void = () => undefined;
  private loop: Promise<void> | undefined;

  constructor(private readonly options: ChainRunnerOptions) {}

  start(): void {
    this.loop = this.run();
  }

  /** Ends after the run that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wakeUp();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { chain, onFailure, intervalMs = defaultIntervalMs } = this.options;
    while (!this.stopped) {
      await chain.extendAll().catch(onFailure);
      if (this.stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs).unref();
        this.wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

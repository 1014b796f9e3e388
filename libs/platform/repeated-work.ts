export interface RepeatedWorkOptions {
  work: () => Promise<unknown>;
  /** Told of a run that failed; the next one tries again. */
  onFailure: (error: unknown) => void;
  intervalMs: number;
}

/** Does some work again and again, with a pause between, until it is stopped. */
export class RepeatedWork {
  private stopped = false;
  private wakeUp: () => void = () => undefined;
  private loop: Promise<void> | undefined;

  constructor(private readonly options: RepeatedWorkOptions) {}

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
    const { work, onFailure, intervalMs } = this.options;
    while (!this.stopped) {
      await work().catch(onFailure);
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

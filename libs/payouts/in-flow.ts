/** Work that many items go through, a bounded number at a time, while what became of others is written down. */
export interface Flow<Item, Result> {
  /** The next items, asked for before the last ones have run out; none where there are no more. */
  next: () => Promise<readonly Item[]>;
  /** How many items are under way at a time. */
  limit: number;
  /** Fewer waiting items than this, and more are asked for. */
  lowWater: number;
  work: (item: Item) => Promise<Result>;
  /** Writes results down, in sets and one set after the other; all results have gone through it when the flow ends. */
  record: (results: readonly Result[]) => Promise<void>;
  /** Results are written down once so many are there, or so many milliseconds have passed. */
  setSize: number;
  setMs: number;
  /** Looked at before each item is begun: what it throws ends the flow. */
  check: () => void;
}

/**
 * Lets items flow through `work`: one that takes long holds nothing up but its own place, which waiting for the end of a
 * set of them would. The first failure begins nothing more; it is thrown once all that was begun has been written down.
 */
export async function inFlow<Item, Result>(flow: Flow<Item, Result>): Promise<void> {
  const source = new Source(flow);
  const sink = new Sink(flow);
  const failures: unknown[] = [];
  const takeTurns = async () => {
    try {
      for (;;) {
        flow.check();
        if (failures.length > 0) return;
        const item = await source.take();
        if (item === undefined) return;
        sink.put(await flow.work(item));
        if (sink.failure) throw sink.failure.error;
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: flow.limit }, takeTurns));
  try {
    await sink.end();
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0) throw failures[0];
}

/** Items that wait, and the next ones on their way. */
class Source<Item, Result> {
  private readonly waiting: Item[] = [];
  private refill: Promise<void> | undefined;
  private isDry = false;

  constructor(private readonly flow: Pick<Flow<Item, Result>, 'next' | 'lowWater'>) {}

  async take(): Promise<Item | undefined> {
    for (;;) {
      if (!this.isDry && this.waiting.length < this.flow.lowWater && !this.refill) {
        this.refill = this.fetch();
        // Told to whoever waits for more; until somebody does, nobody need hear of it.
        this.refill.catch(() => undefined);
      }
      const item = this.waiting.shift();
      if (item !== undefined) return item;
      if (!this.refill) return undefined;
      await this.refill;
    }
  }

  private async fetch(): Promise<void> {
    try {
      const items = await this.flow.next();
      if (items.length === 0) this.isDry = true;
      this.waiting.push(...items);
      this.refill = undefined;
    } catch (error) {
      // Left as it is, failed: whoever waits for more is told so too.
      this.isDry = true;
      throw error;
    }
  }
}

/** Results that wait to be written down. */
class Sink<Item, Result> {
  failure: { error: unknown } | undefined;
  private readonly results: Result[] = [];
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly flow: Pick<Flow<Item, Result>, 'record' | 'setSize' | 'setMs'>) {}

  put(result: Result): void {
    this.results.push(result);
    if (this.results.length >= this.flow.setSize) this.write();
    else this.timer ??= setTimeout(() => this.write(), this.flow.setMs);
  }

  /** Writes down what is left. @throws what the first writing that failed threw */
  async end(): Promise<void> {
    while (this.results.length > 0 || this.writing) {
      this.write();
      await this.writing;
    }
    if (this.failure) throw this.failure.error;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
  }

  private async writeAll(): Promise<void> {
    while (this.results.length > 0) {
      try {
        await this.flow.record(this.results.splice(0));
      } catch (error) {
        this.failure ??= { error };
      }
    }
  }
}

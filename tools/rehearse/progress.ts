import { formatSeconds } from '../embedded/steps.mjs';

const terminalIntervalMs = 250;
const logIntervalMs = 5_000;
const grouped = new Intl.NumberFormat('en');

/** Shows how far a phase is: one line that is rewritten on a terminal, a line every few seconds in a log. */
export class Progress {
  /** Seconds that each phase took, by name. */
  readonly seconds: Record<string, number> = {};

  constructor(private readonly stream: NodeJS.WriteStream) {}

  /** Does the work of a phase, which calls `advance` for each item that is done. */
  async phase<Result>(
    name: string,
    total: number,
    work: (advance: (count?: number) => void) => Promise<Result>,
  ): Promise<Result> {
    const begin = performance.now();
    let count = 0;
    const line = (): string => phaseLine(name, count, total, (performance.now() - begin) / 1000);
    const isTerminal = this.stream.isTTY;
    const show = (): void => void this.stream.write(isTerminal ? `\r\x1b[2K${line()}` : `${line()}\n`);
    const timer = setInterval(show, isTerminal ? terminalIntervalMs : logIntervalMs);
    try {
      return await work((more = 1) => (count += more));
    } finally {
      clearInterval(timer);
      this.seconds[name] = Math.round(performance.now() - begin) / 1000;
      show();
      if (isTerminal) this.stream.write('\n');
    }
  }
}

function phaseLine(name: string, count: number, total: number, seconds: number): string {
  const rate = seconds > 0 ? `${grouped.format(Math.round(count / seconds))}/s` : '';
  const counts = `${grouped.format(count)} of ${grouped.format(total)}`;
  return `${name.padEnd(14)}${counts.padStart(20)}${rate.padStart(10)}${formatSeconds(seconds).padStart(12)}`;
}

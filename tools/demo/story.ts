import { formatSeconds } from '../embedded/steps.mjs';

export interface StepTiming {
  step: string;
  milliseconds: number;
}

const width = 100;
const indent = '    ';

/** Tells people what happens, step by step, and remembers how long each step took. */
export class Story {
  readonly timings: StepTiming[] = [];
  private readonly startedAt = performance.now();

  constructor(private readonly write: (text: string) => void) {}

  /** Does a step and then tells what `telling` makes of its result; the title stands above it. */
  async step<Result>(
    title: string,
    work: () => Promise<Result>,
    telling: (result: Result) => string[],
  ): Promise<Result> {
    const begin = performance.now();
    const result = await work();
    const milliseconds = Math.round(performance.now() - begin);
    this.timings.push({ step: title, milliseconds });
    const number = `${this.timings.length}.`.padEnd(indent.length);
    this.write(`\n${`${number}${title}`.padEnd(width - 8)}${formatSeconds(milliseconds / 1000).padStart(8)}\n`);
    this.tell(...telling(result));
    return result;
  }

  /** Tells some paragraphs, wrapped. */
  tell(...paragraphs: string[]): void {
    for (const paragraph of paragraphs) this.write(`${wrapped(paragraph)}\n`);
  }

  elapsedMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }
}

function wrapped(paragraph: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of paragraph.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = indent;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

/**
 * Says what a start does: one line per step with its time, in the order in which the steps end.
 */
export class Steps {
  /** @param {{ quiet?: boolean, write?: (text: string) => void }} [options] */
  constructor({ quiet = false, write = (text) => void process.stdout.write(text) } = {}) {
    this.startedAt = performance.now();
    this.quiet = quiet;
    this.write = write;
  }

  /**
   * Prints one line, unless the start is to be quiet.
   * @param {string} text
   */
  say(text) {
    if (!this.quiet) this.write(`${text}\n`);
  }

  /**
   * Does one step and prints its line. The step may answer with a text of its own for the line.
   * @template Result
   * @param {string | ((result: Result) => string)} title
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async step(title, work) {
    const begin = performance.now();
    const result = await work();
    this.say(stepLine(typeof title === 'string' ? title : title(result), performance.now() - begin));
    return result;
  }

  /**
   * Seconds since the start began.
   * @returns {number}
   */
  elapsedSeconds() {
    return (performance.now() - this.startedAt) / 1000;
  }
}

/**
 * @param {string} title
 * @param {number} milliseconds
 * @returns {string}
 */
function stepLine(title, milliseconds) {
  return `${title.padEnd(58)} ${formatSeconds(milliseconds / 1000).padStart(9)}`;
}

/**
 * A length of time for a person: `0.9 s`, `3 min 5 s`.
 * @param {number} seconds
 * @returns {string}
 */
export function formatSeconds(seconds) {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

import { readFileSync } from 'node:fs';
import { parseProgram, type ProgramDocument } from '../../libs/programs/domain/index.js';

/** The program that ships with the product: what demos and rehearsals make theirs from. */
export function standardProgram(): ProgramDocument {
  const file = new URL('../../libs/programs/demo-program.json', import.meta.url);
  return parseProgram(JSON.parse(readFileSync(file, 'utf8')));
}

/**
 * A cron schedule that does not fire in the next months, in any year: for programs whose vesting and payouts are asked
 * for over the API, at cut-offs of their own.
 */
export function distantSchedule(now: Date): string {
  const month = ((now.getUTCMonth() + 6) % 12) + 1;
  return `0 0 1 ${month} *`;
}

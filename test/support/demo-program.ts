import { readFileSync } from 'node:fs';
import { parseProgram, type ProgramDocument } from '../../libs/programs/index.js';

/** The program that ships with the product. */
export function demoProgram(): ProgramDocument {
  return parseProgram(
    JSON.parse(readFileSync(new URL('../../libs/programs/demo-program.json', import.meta.url), 'utf8')),
  );
}

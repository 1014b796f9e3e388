import { types } from 'node:util';
import { parseArgs } from 'node:util';

export const usage = `Usage: npm run demo -- [--out DIR]
  --out DIR  takes contract.pdf, evidence.pdf, remittance-advice.pdf and summary.json
`;

export interface DemoOptions {
  /** Where the papers go; nowhere where it is missing. */
  out?: string | undefined;
}

/** A command line that cannot be understood, with a message for people. */
export class UsageError extends Error {}

/** Reads the command's arguments; undefined where help was asked for. @throws UsageError */
export function readDemoOptions(argv: readonly string[]): DemoOptions | undefined {
  try {
    const options = { out: { type: 'string' }, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...argv], options });
    return values.help ? undefined : { out: values.out };
  } catch (error) {
    throw new UsageError(types.isNativeError(error) ? error.message : String(error));
  }
}

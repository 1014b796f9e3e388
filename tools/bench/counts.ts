import { parseArgs } from 'node:util';

/** Whole numbers from the command line, `--name 12`, in place of those given. @throws an error that names the option */
export function readCounts<Name extends string>(
  argv: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...argv], options });
  const read = (name: Name): number => {
    const given = values[name];
    if (given === undefined) return defaults[name];
    const count = Number(given);
    if (!Number.isInteger(count) || count < 1 || count > 100_000)
      throw new Error(`--${name} is a whole number from 1 to 100,000`);
    return count;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, number>;
}

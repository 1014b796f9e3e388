import { parseArgs, types } from 'node:util';

export const usage = `Usage: npm run rehearse -- --applications F.csv --orders F.csv --report R.json
  --refunds F.csv  adds refunds: refund_ref,order_ref,refunded_on,amount_usd
  --terms T.json   the terms that partners sign, instead of the standard ones
  --home DIR       where the rehearsal lives; by default a folder of its own for these files
  --totals F.csv   writes what each partner earned: partner,currency,lines,amount_minor
  --events E.ndjson  writes the events that it was earned by, for simulate: its --totals must come to the same
`;

export interface RehearsalOptions {
  applications: string;
  orders: string;
  report: string;
  refunds?: string | undefined;
  terms?: string | undefined;
  home?: string | undefined;
  totals?: string | undefined;
  events?: string | undefined;
}

/** Input that a rehearsal cannot begin with: a command line, a file, terms, a key. The message is for people. */
export class UnusableInput extends Error {
  constructor(
    message: string,
    /** Lines that say where, such as the pointers of bad terms. */
    readonly places: readonly string[] = [],
  ) {
    super(message);
  }
}

/** A command line that cannot be understood. */
export class UsageError extends UnusableInput {}

/** Reads the command's arguments; undefined where help was asked for. @throws UsageError */
export function readRehearsalOptions(argv: readonly string[]): RehearsalOptions | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  return {
    applications: required(values.applications, '--applications'),
    orders: required(values.orders, '--orders'),
    report: required(values.report, '--report'),
    refunds: values.refunds,
    terms: values.terms,
    home: values.home,
    totals: values.totals,
    events: values.events,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const read = { applications: text, orders: text, refunds: text, terms: text, home: text };
    const written = { report: text, totals: text, events: text };
    return parseArgs({ args: [...argv], options: { ...read, ...written, help: flag } }).values;
  } catch (error) {
    throw new UsageError(types.isNativeError(error) ? error.message : String(error));
  }
}

function required(value: string | undefined, option: string): string {
  if (!value) throw new UsageError(`${option} is missing`);
  return value;
}

import { parseArgs, types } from 'node:util';
import { parseInstant } from '../../libs/kernel/calendar.js';

export const usage = `Usage: npm run simulate -- --terms T.json --events E.ndjson --out L.ndjson
  --csv             the events are CSV, by header
  --by partner      adds totals by partner to the summary
  --totals F.csv    writes totals by partner: partner,currency,lines,amount_minor
  --tiers F.json    tiers of the partners: {partner: [{"from": instant, "tier": name}]}
  --rates F.csv     exchange rates: date,from,to,rate
  --touches F.ndjson  touches of customers, to whose partners events that name none belong
  --codes F.csv     whose coupon codes are: code,partner (with --touches)
  --activated-at I  when the partners were activated (for bonuses that depend on it)
  --as-of I         the last instant that counts for such bonuses (default: the last in the file)
`;

export interface Options {
  terms: string;
  events: string;
  out: string;
  csv: boolean;
  byPartner: boolean;
  totals?: string | undefined;
  tiers?: string | undefined;
  rates?: string | undefined;
  touches?: string | undefined;
  codes?: string | undefined;
  activatedAt?: Date | undefined;
  asOf?: Date | undefined;
}

/** A command line that cannot be understood, with a message for people. */
export class UsageError extends Error {}

/** Reads the command's arguments; undefined where help was asked for. Throws UsageError. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  if (values.by !== undefined && values.by !== 'partner') throw new UsageError('--by takes only "partner"');
  if (values.codes !== undefined && values.touches === undefined) throw new UsageError('--codes needs --touches');
  return {
    terms: required(values.terms, '--terms'),
    events: required(values.events, '--events'),
    out: required(values.out, '--out'),
    csv: values.csv ?? false,
    byPartner: values.by !== undefined,
    totals: values.totals,
    tiers: values.tiers,
    rates: values.rates,
    touches: values.touches,
    codes: values.codes,
    activatedAt: instant(values['activated-at'], '--activated-at'),
    asOf: instant(values['as-of'], '--as-of'),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        ...{
          terms: text,
          events: text,
          out: text,
          by: text,
          totals: text,
          tiers: text,
          rates: text,
          touches: text,
          codes: text,
        },
        ...{ 'activated-at': text, 'as-of': text, csv: flag, help: flag },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(types.isNativeError(error) ? error.message : String(error));
  }
}

function required(value: string | undefined, option: string): string {
  if (!value) throw new UsageError(`${option} is missing`);
  return value;
}

function instant(text: string | undefined, option: string): Date | undefined {
  if (text === undefined) return undefined;
  const value = parseInstant(text);
  if (!value) throw new UsageError(`${option} takes an RFC 3339 instant with a zone and at most milliseconds`);
  return value;
}

import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { RateTable, type DailyRate, type TierPeriod } from '../../libs/commissions/domain/index.js';
import { parseInstant } from '../../libs/kernel/calendar.js';
import { isCurrency } from '../../libs/kernel/currency.js';
import { UnreadableFile } from './record-sink.js';

/** Reads exchange rates: CSV with the columns `date,from,to,rate`. Throws UnreadableFile with the line that is wrong. */
export function readRates(path: string): RateTable {
  const records = readCsvFile(path);
  const [header, ...rows] = records;
  if (!header) return new RateTable();
  const columns = (['date', 'from', 'to', 'rate'] as const).map((name) => {
    const index = header.record.indexOf(name);
    if (index === -1) throw new UnreadableFile(`${path}: the header has no column ${name}`);
    return index;
  });
  const table = new RateTable();
  for (const { record, info } of rows) {
    const [date = '', from = '', to = '', rate = ''] = columns.map((index) => record[index] ?? '');
    addRate(table, { date, from, to, rate }, `${path}: line ${info.lines}`);
  }
  return table;
}

function readCsvFile(path: string): { record: string[]; info: { lines: number } }[] {
  const text = readFileSync(path, 'utf8');
  try {
    const options = { bom: true, skip_empty_lines: true, relax_column_count: true, info: true } as const;
    return parse(text, options) as unknown as ReturnType<typeof readCsvFile>;
  } catch {
    throw new UnreadableFile(`${path}: is not CSV`);
  }
}

function addRate(table: RateTable, rate: DailyRate, where: string): void {
  const unknown = [rate.from, rate.to].find((currency) => !isCurrency(currency));
  if (unknown !== undefined) throw new UnreadableFile(`${where}: not an active ISO 4217 currency`);
  try {
    table.add(rate);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableFile(`${where}: ${error.message}`);
    throw error;
  }
}

/**
 * Reads tiers: a JSON object of partners, each with a list of `{ from, tier }` in any order. Gives them ordered by
 * their start. Throws UnreadableFile with the partner's place that is wrong.
 */
export function readTiers(path: string): Map<string, TierPeriod[]> {
  const json = parseJson(path);
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    throw new UnreadableFile(`${path}: must be an object of partners`);
  }
  return new Map(Object.entries(json).map(([partner, list]) => [partner, tierPeriods(list, path)]));
}

function tierPeriods(list: unknown, path: string): TierPeriod[] {
  if (!Array.isArray(list)) throw new UnreadableFile(`${path}: each partner needs a list of { from, tier }`);
  const periods = (list as unknown[]).map((element): TierPeriod => {
    const { from, tier } = (element ?? {}) as { from?: unknown; tier?: unknown };
    const start = typeof from === 'string' ? parseInstant(from) : undefined;
    if (!start || typeof tier !== 'string') {
      throw new UnreadableFile(`${path}: each tier needs an instant "from" and a name "tier"`);
    }
    return { fromMs: start.getTime(), tier };
  });
  return periods.sort((a, b) => a.fromMs - b.fromMs);
}

/** The JSON value of a whole file. Throws UnreadableFile where it is none. */
export function parseJson(path: string): unknown {
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableFile(`${path}: is not JSON`);
  }
}

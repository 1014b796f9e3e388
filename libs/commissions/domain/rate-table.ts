import { minorUnitExponent } from '../../kernel/currency.js';
import { divideHalfEven } from '../../kernel/rounding.js';

const dayMs = 86_400_000;

/** One exchange rate: units of `to` for one unit of `from`, both in major units, on one UTC day. */
export interface DailyRate {
  /** `YYYY-MM-DD`, in UTC. */
  date: string;
  from: string;
  to: string;
  /** A plain positive decimal. */
  rate: string;
}

interface Fraction {
  numerator: bigint;
  denominator: bigint;
}

/** The program's rates by day (terms.md, Pricing 8). Rates are used as given: never inverted, never crossed. */
export class RateTable {
  private readonly days = new Map<string, Map<number, Fraction>>();

  /** Throws RangeError for a date or rate that is none, and for two different rates of one day. */
  constructor(rates: Iterable<DailyRate> = []) {
    for (const rate of rates) this.add(rate);
  }

  /**
   * Minor units of `from` as minor units of `to`, at the rate of the UTC day of `atMs` (epoch milliseconds), rounded
   * half to even; undefined where the table has no rate for that day. The same currency needs no rate.
   */
  convert(amountMinor: bigint, from: string, to: string, atMs: number): bigint | undefined {
    if (from === to) return amountMinor;
    const perMinor = this.days.get(`${from}>${to}`)?.get(Math.floor(atMs / dayMs));
    return perMinor && divideHalfEven(amountMinor * perMinor.numerator, perMinor.denominator);
  }

  /**
   * The largest amount of `from` that is a safe integer and stays one when it is converted; 0 where there is no rate. Larger
   * ones are held, as those without a rate are.
   */
  largestConvertible(from: string, to: string, atMs: number): bigint {
    const fits = (amountMinor: bigint): boolean => {
      const converted = this.convert(amountMinor, from, to, atMs);
      return converted !== undefined && converted <= Number.MAX_SAFE_INTEGER;
    };
    let [low, high] = [0n, BigInt(Number.MAX_SAFE_INTEGER)];
    while (low < high) {
      const middle = (low + high + 1n) / 2n;
      if (fits(middle)) low = middle;
      else high = middle - 1n;
    }
    return low;
  }

  /** Throws RangeError as the constructor does. */
  add({ date, from, to, rate }: DailyRate): void {
    const day = dayOf(date);
    const perMinor = perMinorUnit(rate, from, to);
    const pair = `${from}>${to}`;
    const rates = this.days.get(pair) ?? new Map<number, Fraction>();
    this.days.set(pair, rates);
    const known = rates.get(day);
    if (known && known.numerator * perMinor.denominator !== perMinor.numerator * known.denominator) {
      throw new RangeError(`two rates from ${from} to ${to} on ${date}`);
    }
    rates.set(day, perMinor);
  }
}

/** The rate between minor units: the exponents of the two currencies may differ (JPY has none, BHD has three). */
function perMinorUnit(rate: string, from: string, to: string): Fraction {
  const match = /^(\d{1,18})(?:\.(\d{1,18}))?$/.exec(rate);
  if (!match || !/[1-9]/.test(rate)) throw new RangeError(`not a positive decimal: ${rate}`);
  const fraction = match[2] ?? '';
  return {
    numerator: BigInt(`${match[1]}${fraction}`) * 10n ** BigInt(minorUnitExponent(to)),
    denominator: 10n ** BigInt(fraction.length + minorUnitExponent(from)),
  };
}

/** Days since 1970-01-01 of a calendar date. */
function dayOf(date: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date) throw new RangeError(`not a date: ${date}`);
  return ms / dayMs;
}

import { formatMoney } from '../../../kernel/money.js';
import { durationParts, joined, readClock } from './values.js';
import type { CountedPeriod, Wording } from './wording.js';

const monthNames = 'January February March April May June July August September October November December'.split(' ');

const periods = { month: 'calendar month', quarter: 'calendar quarter', year: 'calendar year' } as const;

/**
 * The English wording of values in `currency` (ISO 4217), with instants told in `timeZone` (IANA). `space` stands
 * between a number and its unit.
 */
export function englishWording(currency: string, timeZone: string, space = ' '): Wording {
  const named = (period: CountedPeriod, withPeriod: (name: string) => string, lifetime: string) =>
    period === 'lifetime' ? lifetime : withPeriod(periods[period]);
  return {
    money: (amountMinor) => formatMoney(BigInt(amountMinor), currency).replace(' ', space),
    rate: (percent) => `${percent}${space}%`,
    count: grouped,
    duration: (iso) => englishDuration(iso, space),
    instant: (at) => englishInstant(at, timeZone),
    quoted: (text) => `“${text}”`,
    any: (items) => joined(items, ', ', ' or '),
    itemEnd: ';',
    period: (period) => periods[period],
    over: (period) => named(period, (name) => `in the same ${name}`, 'over the whole life of this rule'),
    within: (period) => named(period, (name) => `within one ${name}`, 'since activation'),
    onceIn: (period) => named(period, (name) => `once in each ${name}`, 'once'),
    method: (method) => method.replaceAll('_', ' '),
  };
}

/** A whole number with its noun: `1 review`, `2 reviews`. */
export function englishCounted(value: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(value)} ${value === 1 ? singular : plural}`;
}

function grouped(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function englishDuration(iso: string, space: string): string {
  const parts = durationParts(iso).map(([value, unit]) => englishCounted(value, unit).replace(' ', space));
  return joined(parts, ', ', ' and ');
}

/** An instant for tables whose head names the zone: `1 Jan 2026, 01:00`. */
export function englishShortInstant(at: Date, timeZone: string): string {
  const { day, month, year, hour, minute } = readClock(at, timeZone);
  return `${day} ${(monthNames[month - 1] ?? '').slice(0, 3)} ${year}, ${hour}:${minute}`;
}

/** An instant (RFC 3339 or Date) on the clock of an IANA zone: `1 January 2026, 01:00 (Europe/Berlin, UTC+01:00)`. */
export function englishInstant(at: string | Date, timeZone: string): string {
  const { day, month, year, hour, minute, second, millisecond, zone, offset } = readClock(at, timeZone);
  const seconds = second === undefined ? '' : `:${second}${millisecond === undefined ? '' : `.${millisecond}`}`;
  const place = offset === undefined ? zone : `${zone}, ${offset}`;
  return `${day} ${monthNames[month - 1]} ${year}, ${hour}:${minute}${seconds} (${place})`;
}

import { Temporal } from 'temporal-polyfill';
import { formatMoney } from '../../kernel/money.js';

/**
 * Turns the values of a terms document into words. Every number that a contract, a mail about it or a remittance
 * advice prints comes through here, so the printed number cannot drift from the one that is priced. One
 * implementation per language; clause templates are written against this interface.
 */
export interface Wording {
  /** An amount in minor units of the document's currency: `USD 1,234.56`. */
  money(amountMinor: number | bigint): string;
  /** A canonical decimal rate in percent: `12.5 %`. */
  rate(percent: string): string;
  /** A whole number, grouped: `1,000`. */
  count(value: number): string;
  /** A whole number with its noun: `1 review`, `2 reviews`. */
  counted(value: number, singular: string, plural?: string): string;
  /** `1st`, `2nd`, `11th`. */
  ordinal(value: number): string;
  /** An ISO 8601 duration of years, months, weeks and days: `1 year and 6 months`. */
  duration(iso: string): string;
  /** An instant (RFC 3339 or Date) on the clock of the document's zone, with zone and offset named. */
  instant(at: string | Date): string;
  /** An instant for tables whose head names the zone: `1 Jan 2026, 01:00`. */
  shortInstant(at: Date): string;
  /** A free text of the document in quotation marks. */
  quoted(text: string): string;
  /** `a, b and c`. */
  all(items: readonly string[]): string;
  /** `a, b or c`. */
  any(items: readonly string[]): string;
}

const monthNames = 'January February March April May June July August September October November December'.split(' ');

/** The English wording of values in `currency` (ISO 4217), with instants told in `timeZone` (IANA). */
export function englishWording(currency: string, timeZone: string): Wording {
  const wording: Wording = {
    money: (amountMinor) => formatMoney(BigInt(amountMinor), currency),
    rate: (percent) => `${percent} %`,
    count: (value) => value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ','),
    counted: (value, singular, plural = `${singular}s`) => `${wording.count(value)} ${value === 1 ? singular : plural}`,
    ordinal: (value) => `${wording.count(value)}${ordinalSuffix(value)}`,
    duration: (iso) => englishDuration(iso, wording),
    instant: (at) => englishInstant(at, timeZone),
    shortInstant: (at) => englishShortInstant(at, timeZone),
    quoted: (text) => `“${text}”`,
    all: (items) => joined(items, 'and'),
    any: (items) => joined(items, 'or'),
  };
  return wording;
}

function ordinalSuffix(value: number): string {
  if (value % 100 >= 11 && value % 100 <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][value % 10] ?? 'th';
}

function joined(items: readonly string[], conjunction: string): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${conjunction} ${items.at(-1)}`;
}

function englishDuration(iso: string, wording: Wording): string {
  const { years, months, weeks, days } = Temporal.Duration.from(iso);
  const units = [
    [years, 'year'],
    [months, 'month'],
    [weeks, 'week'],
    [days, 'day'],
  ] as const;
  const parts = units.filter(([value]) => value > 0).map(([value, unit]) => wording.counted(value, unit));
  return parts.length === 0 ? '0 days' : wording.all(parts);
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

function englishShortInstant(at: Date, timeZone: string): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
  const month = (monthNames[zoned.month - 1] ?? '').slice(0, 3);
  return `${zoned.day} ${month} ${zoned.year}, ${two(zoned.hour)}:${two(zoned.minute)}`;
}

/**
 * An instant (RFC 3339 or Date) on the clock of an IANA zone. The offset is printed beside the zone because a wall clock
 * hour happens twice where summer time ends.
 */
export function englishInstant(at: string | Date, timeZone: string): string {
  const epochMs = typeof at === 'string' ? new Date(at).getTime() : at.getTime();
  const zoned = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone);
  const millis = zoned.millisecond === 0 ? '' : `.${zoned.millisecond.toString().padStart(3, '0')}`;
  const seconds = zoned.second === 0 && millis === '' ? '' : `:${two(zoned.second)}${millis}`;
  const offset = zoned.offset === '+00:00' ? 'UTC' : `UTC${zoned.offset}`;
  const zone = timeZone === 'Etc/UTC' || timeZone === 'UTC' ? 'UTC' : `${timeZone}, ${offset}`;
  const day = `${zoned.day} ${monthNames[zoned.month - 1]} ${zoned.year}`;
  return `${day}, ${two(zoned.hour)}:${two(zoned.minute)}${seconds} (${zone})`;
}

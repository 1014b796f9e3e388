import { Temporal } from 'temporal-polyfill';

/** Holds an amount and its currency, or a number and its unit, on one line. */
export const noBreak = '\u00a0';

/** The parts of an ISO 8601 duration that are not zero, largest unit first; zero days where all of them are. */
export function durationParts(iso: string): [value: number, unit: DurationUnit][] {
  const { years, months, weeks, days } = Temporal.Duration.from(iso);
  const parts: [number, DurationUnit][] = [
    [years, 'year'],
    [months, 'month'],
    [weeks, 'week'],
    [days, 'day'],
  ];
  const present = parts.filter(([value]) => value > 0);
  return present.length > 0 ? present : [[0, 'day']];
}

export type DurationUnit = 'year' | 'month' | 'week' | 'day';

/** An instant on the clock of a zone, in the pieces that languages order. */
export interface ClockReading {
  day: number;
  /** From 1. */
  month: number;
  year: number;
  /** `01`, `30`; then seconds and milliseconds where there are any: `59`, `500`. */
  hour: string;
  minute: string;
  second?: string;
  millisecond?: string;
  /** `UTC`, or the zone's name. */
  zone: string;
  /** `UTC+01:00`; undefined where the zone is UTC itself. */
  offset?: string;
}

/**
 * Reads an instant (RFC 3339 or Date) on the clock of an IANA zone. The offset is told beside the zone because a wall
 * clock hour happens twice where summer time ends.
 */
export function readClock(at: string | Date, timeZone: string): ClockReading {
  const epochMs = typeof at === 'string' ? new Date(at).getTime() : at.getTime();
  const zoned = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone);
  const isUtc = timeZone === 'Etc/UTC' || timeZone === 'UTC';
  return {
    day: zoned.day,
    month: zoned.month,
    year: zoned.year,
    hour: two(zoned.hour),
    minute: two(zoned.minute),
    ...((zoned.second !== 0 || zoned.millisecond !== 0) && { second: two(zoned.second) }),
    ...(zoned.millisecond !== 0 && { millisecond: zoned.millisecond.toString().padStart(3, '0') }),
    zone: isUtc ? 'UTC' : timeZone,
    ...(!isUtc && { offset: zoned.offset === '+00:00' ? 'UTC' : `UTC${zoned.offset}` }),
  };
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

/** `a, b and c`, with the separators given. */
export function joined(items: readonly string[], comma: string, last: string): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(comma)}${last}${items.at(-1)}`;
}

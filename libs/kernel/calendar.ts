import { Temporal } from 'temporal-polyfill';

/** ISO 8601 durations of years, months, weeks and days, as terms documents write them. */
const durationPattern = /^P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?$/;

export function isCalendarDuration(text: string): boolean {
  return durationPattern.test(text);
}

/** `instant` plus `times` × `duration` on the calendar of `timeZone`, clamped to the month's last day (terms.md, Shape). */
export function addCalendarDuration(instant: Date, duration: string, timeZone: string, times = 1): Date {
  const step = stepOf(duration, times);
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  return new Date(zoned.add(step).epochMilliseconds);
}

/** Steps that were read before: the same few durations are added to the instants of all events. */
const steps = new Map<string, Temporal.Duration>();
const maxSteps = 1_000;

function stepOf(duration: string, times: number): Temporal.Duration {
  const key = `${times} ${duration}`;
  const known = steps.get(key);
  if (known) return known;
  const { years, months, weeks, days } = Temporal.Duration.from(duration);
  const step = new Temporal.Duration(years * times, months * times, weeks * times, days * times);
  if (steps.size >= maxSteps) steps.clear();
  steps.set(key, step);
  return step;
}

/** `instant` minus `duration` on the calendar of `timeZone`, clamped likewise. */
export function subtractCalendarDuration(instant: Date, duration: string, timeZone: string): Date {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  return new Date(zoned.subtract(Temporal.Duration.from(duration)).epochMilliseconds);
}

/** The month of `instant` in `timeZone`, as `YYYY-MM`. */
export function monthOf(instant: Date, timeZone: string): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  return zoned.toPlainDate().toString().slice(0, 7);
}

const monthsOf = { month: 1, quarter: 3, year: 12 } as const;

/** The first instants of the months, quarters or years of `timeZone` that begin after one instant and before another. */
export function* periodStarts(
  period: 'month' | 'quarter' | 'year',
  timeZone: string,
  { after, before }: { after: Date; before: Date },
): Generator<Date> {
  const months = monthsOf[period];
  const zoned = Temporal.Instant.fromEpochMilliseconds(after.getTime()).toZonedDateTimeISO(timeZone);
  let day = zoned.toPlainDate().with({ month: zoned.month - ((zoned.month - 1) % months), day: 1 });
  for (;;) {
    const start = new Date(day.toZonedDateTime(timeZone).epochMilliseconds);
    if (start >= before) return;
    if (start > after) yield start;
    day = day.add({ months });
  }
}

/** Whether `timeZone` is an IANA zone that this runtime knows. */
export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** RFC 3339 with a zone and at most milliseconds. */
const instantPattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):(\d{2}):(\d{2})(?:\.\d{1,3})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** The instant that an RFC 3339 text names; undefined for any other text, and for days that no calendar has. */
export function parseInstant(text: string): Date | undefined {
  const match = instantPattern.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (day > 28 && day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const instant = new Date(text.toUpperCase());
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

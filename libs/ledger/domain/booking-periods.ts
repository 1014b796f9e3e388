import { Temporal } from 'temporal-polyfill';

/**
 * The first instant after the month `period` (`YYYY-MM`) on the calendar of `timeZone`: what is booked from it on belongs
 * to a later period. Throws RangeError for a text that is no month.
 */
export function endOfPeriod(period: string, timeZone: string): Date {
  const next = Temporal.PlainYearMonth.from(period).add({ months: 1 });
  return new Date(next.toPlainDate({ day: 1 }).toZonedDateTime(timeZone).epochMilliseconds);
}

/** Months of the calendar from one (`YYYY-MM`) to the next one. */
export function followingPeriod(period: string): string {
  return Temporal.PlainYearMonth.from(period).add({ months: 1 }).toString();
}

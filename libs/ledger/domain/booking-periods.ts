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

/** Calendar days, `YYYY-MM-DD`, both included; open where one is not set. */
export interface BookingDates {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** From which instant on (included) until which one (not included) something was booked; null where it is open. */
export interface BookingSpan {
  readonly fromAt: Date | null;
  readonly untilAt: Date | null;
}

/** The instants of calendar days of `timeZone`. Throws RangeError for a text that is no day of the calendar. */
export function bookingSpan({ from, to }: BookingDates, timeZone: string): BookingSpan {
  const startOf = (day: Temporal.PlainDate) => new Date(day.toZonedDateTime(timeZone).epochMilliseconds);
  return {
    fromAt: from === undefined ? null : startOf(Temporal.PlainDate.from(from)),
    untilAt: to === undefined ? null : startOf(Temporal.PlainDate.from(to).add({ days: 1 })),
  };
}

/** The calendar day of an instant in `timeZone`, `YYYY-MM-DD`. */
export function bookingDate(instant: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
}

import type { Period } from '../../agreements/domain/index.js';
import { addCalendarDuration, monthOf } from '../../kernel/calendar.js';

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Since then every zone's offset is a whole number of minutes, so that no month begins within one. */
const wholeMinutesSinceMs = Date.UTC(1980, 0, 1);

/**
 * A function from epoch milliseconds to the month (`YYYY-MM`) in `timeZone`: the same as `monthOf`, which asks the
 * calendar each time and is too slow for millions of lines. Months are remembered by UTC day; near their ends, where
 * one day can hold two, by minute.
 */
export function monthReader(timeZone: string): (atMs: number) => string {
  const days = new Map<number, string>();
  const minutes = new Map<number, string>();
  const exact = (atMs: number) => monthOf(new Date(atMs), timeZone);

  const byMinute = (atMs: number): string => {
    if (atMs < wholeMinutesSinceMs) return exact(atMs);
    const minute = Math.floor(atMs / minuteMs);
    let month = minutes.get(minute);
    if (month === undefined) minutes.set(minute, (month = exact(atMs)));
    return month;
  };

  return (atMs) => {
    const day = Math.floor(atMs / dayMs);
    let month = days.get(day);
    if (month === undefined) {
      // No clock was ever set by more than a day: a month that holds a day before and a day after holds all between.
      const before = exact((day - 1) * dayMs);
      month = before === exact((day + 2) * dayMs) ? before : '';
      days.set(day, month);
    }
    return month || byMinute(atMs);
  };
}

const quarters = new Map<string, string>();

/** The month, quarter (`YYYY-Q1`) or year (`YYYY`) that a month lies in; `lifetime` is one. */
export function periodOf(month: string, period: Period | 'lifetime'): string {
  switch (period) {
    case 'month':
      return month;
    case 'quarter': {
      let quarter = quarters.get(month);
      if (quarter === undefined) quarters.set(month, (quarter = quarterOf(month)));
      return quarter;
    }
    case 'year':
      return month.slice(0, -3);
    case 'lifetime':
      return 'lifetime';
  }
}

function quarterOf(month: string): string {
  return `${month.slice(0, -3)}-Q${Math.ceil(Number(month.slice(-2)) / 3)}`;
}

/**
 * A function that says whether `atMs` lies before `startMs` plus `duration` on the calendar of `timeZone`. The calendar
 * is asked only where the lengths of months and days leave it open.
 */
export function withinReader(duration: string, timeZone: string): (atMs: number, startMs: number) => boolean {
  const [years, months, weeks, days] = ['Y', 'M', 'W', 'D'].map((unit) =>
    Number(new RegExp(`(\\d+)${unit}`).exec(duration)?.[1] ?? 0),
  ) as [number, number, number, number];
  // Two days of margin cover every change of a zone's offset.
  const shortestMs = (years * 365 + months * 28 + weeks * 7 + days - 2) * dayMs;
  const longestMs = (years * 366 + months * 31 + weeks * 7 + days + 2) * dayMs;
  return (atMs, startMs) => {
    if (atMs - startMs < shortestMs) return true;
    if (atMs - startMs >= longestMs) return false;
    return atMs < addCalendarDuration(new Date(startMs), duration, timeZone).getTime();
  };
}

/**
 * A function that adds `duration` to an instant (epoch milliseconds) on the calendar of `timeZone`: the same as
 * `addCalendarDuration`, which is too slow for the customers of millions of sales. Within a UTC day the distance is
 * remembered where it is the same at both of its ends: it changes only with the date and with the zone's offset, and
 * where the offset changes within such a day, or within the day that it leads to, the two ends differ.
 */
export function durationAdder(duration: string, timeZone: string): (atMs: number) => number {
  const distances = new Map<number, number | undefined>();
  const exact = (atMs: number) => addCalendarDuration(new Date(atMs), duration, timeZone).getTime();
  return (atMs) => {
    const day = Math.floor(atMs / dayMs);
    if (!distances.has(day)) {
      const [first, last] = [day * dayMs, (day + 1) * dayMs - 1];
      const distanceMs = exact(first) - first;
      distances.set(day, exact(last) - last === distanceMs ? distanceMs : undefined);
    }
    const distanceMs = distances.get(day);
    return distanceMs === undefined ? exact(atMs) : atMs + distanceMs;
  };
}

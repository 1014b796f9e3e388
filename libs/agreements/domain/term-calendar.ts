import { addCalendarDuration, subtractCalendarDuration } from '../../kernel/calendar.js';
import { timeZoneOf, type Term, type Terms } from './terms.js';

/** A half-open interval: `from` is included, `until` is not; null while no end is set. */
export interface Interval {
  from: Date;
  until: Date | null;
}

/** What of terms decides how long an agreement on them runs, and the zone in which its days are counted. */
export interface TermRules extends Term {
  timeZone: string;
}

export function termRulesOf(terms: Terms): TermRules {
  return { ...terms.term, timeZone: timeZoneOf(terms) };
}

/**
 * The end (not included) of the term `number`, counted from 1, of an agreement whose first term began at `anchor`. Every
 * term is counted from there: an agreement that began on January 31st renews on the last day of each month, for ever.
 */
export function termEnd(anchor: Date, { length, timeZone }: TermRules, number: number): Date {
  return addCalendarDuration(anchor, length, timeZone, number);
}

/** When an agreement ends by its terms alone; null where they renew it by themselves. */
export function endByTerms({ renewal }: Pick<TermRules, 'renewal'>, termEndsAt: Date): Date | null {
  return renewal === 'auto' ? null : termEndsAt;
}

/** The earliest instant at which notice given at `givenAt` can end an agreement. */
export function noticeEnd(givenAt: Date, { notice, timeZone }: TermRules): Date {
  return addCalendarDuration(givenAt, notice, timeZone);
}

/**
 * An instant until which notice can be given for an agreement to end at `endsAt`. Calendars don't run backwards evenly:
 * what lies a month and two days before may, counted forwards, come out behind the end; then it is put earlier.
 */
export function lastNoticeAt(endsAt: Date, rules: TermRules): Date {
  let at = subtractCalendarDuration(endsAt, rules.notice, rules.timeZone);
  for (;;) {
    const behindMs = noticeEnd(at, rules).getTime() - endsAt.getTime();
    if (behindMs <= 0) return at;
    at = new Date(at.getTime() - behindMs);
  }
}

/** Whether a version on other terms goes on in the term of the one before it; else a term of its own begins with it. */
export function isSameTerm(before: TermRules, after: TermRules): boolean {
  return before.length === after.length && before.renewal === after.renewal && before.timeZone === after.timeZone;
}

/**
 * When versions are in force that begin at `starts` (rising), in an agreement that ends at `endsAt`: each until the next
 * one begins or the agreement ends, so that they never overlap and leave no gap. A version that would begin at the end
 * or behind it never comes into force: undefined.
 */
export function versionIntervals(starts: readonly Date[], endsAt: Date | null): (Interval | undefined)[] {
  return starts.map((from, index) => {
    if (endsAt !== null && from.getTime() >= endsAt.getTime()) return undefined;
    const next = starts[index + 1];
    const until = next === undefined || (endsAt !== null && next.getTime() > endsAt.getTime()) ? endsAt : next;
    return { from, until };
  });
}

import { addCalendarDuration } from '../../kernel/calendar.js';
import { timeZoneOf, type Terms } from './terms.js';

/** An obligation that is checked again and again, counted from an instant on the calendar of its terms. */
export interface CheckedObligation {
  id: string;
  checkpoint: string;
  timeZone: string;
  countedFrom: Date;
}

export interface Checkpoint {
  obligationId: string;
  at: Date;
}

/**
 * The obligations with a checkpoint in the last of these versions (oldest first). One that stood in the versions before
 * it, with the same checkpoint, is counted from where it first stood: a change of rates does not put off a check.
 */
export function checkedObligations(versions: readonly { from: Date; terms: Terms }[]): CheckedObligation[] {
  const newest = versions.at(-1);
  return (newest?.terms.obligations ?? []).flatMap(({ id, checkpoint }) => {
    if (newest === undefined || checkpoint === undefined) return [];
    const timeZone = timeZoneOf(newest.terms);
    const stands = ({ terms }: { terms: Terms }): boolean =>
      timeZoneOf(terms) === timeZone &&
      (terms.obligations ?? []).some((other) => other.id === id && other.checkpoint === checkpoint);
    const lastWithout = versions.findLastIndex((version) => !stands(version));
    return [{ id, checkpoint, timeZone, countedFrom: versions[lastWithout + 1]!.from }];
  });
}

/** What has to be checked while one version is in force. */
export interface ObligationPeriod {
  /** Included. */
  from: Date;
  /** Not included; null for the newest version. */
  until: Date | null;
  obligations: readonly CheckedObligation[];
}

/** What has to be checked when, by versions (oldest first): one that was agreed on ahead says nothing before it begins. */
export function obligationPeriods(versions: readonly { from: Date; terms: Terms }[]): ObligationPeriod[] {
  return versions.map(({ from }, index) => ({
    from,
    until: versions[index + 1]?.from ?? null,
    obligations: checkedObligations(versions.slice(0, index + 1)),
  }));
}

/** As `dueCheckpoints`, each obligation by the versions that had it in force at its checkpoint. */
export function dueInPeriods(periods: readonly ObligationPeriod[], since: Date, until: Date): Checkpoint[] {
  const newest = new Map<string, Checkpoint>();
  for (const period of periods) {
    const [first, last] = [Math.max(since.getTime(), period.from.getTime()), lastMsOf(period, until)];
    for (const due of dueCheckpoints(period.obligations, new Date(first), new Date(last))) {
      newest.set(due.obligationId, due);
    }
  }
  return [...newest.values()];
}

/** The first checkpoint after an instant, of the obligations in force at it; null where there is none. */
export function nextInPeriods(periods: readonly ObligationPeriod[], after: Date): Date | null {
  for (const { from, until, obligations } of periods) {
    // A checkpoint at the very beginning of a version is by that version.
    const next = nextCheckpointAfter(obligations, new Date(Math.max(after.getTime(), from.getTime() - 1)));
    if (next !== null && (until === null || next.getTime() < until.getTime())) return next;
  }
  return null;
}

function lastMsOf(period: ObligationPeriod, until: Date): number {
  return period.until === null ? until.getTime() : Math.min(until.getTime(), period.until.getTime() - 1);
}

/** Of each obligation the newest checkpoint up to an instant, included, if it is not before `since`. */
export function dueCheckpoints(obligations: readonly CheckedObligation[], since: Date, until: Date): Checkpoint[] {
  return obligations.flatMap((obligation) => {
    const count = checkpointsUntil(obligation, until);
    if (count === 0) return [];
    const at = checkpointAt(obligation, count);
    return at.getTime() >= since.getTime() ? [{ obligationId: obligation.id, at }] : [];
  });
}

/** The first checkpoint of any of the obligations after an instant; null where there are none. */
export function nextCheckpointAfter(obligations: readonly CheckedObligation[], after: Date): Date | null {
  const times = obligations.map((each) => checkpointAt(each, checkpointsUntil(each, after) + 1).getTime());
  return times.length === 0 ? null : new Date(Math.min(...times));
}

function checkpointAt({ countedFrom, checkpoint, timeZone }: CheckedObligation, number: number): Date {
  return addCalendarDuration(countedFrom, checkpoint, timeZone, number);
}

/** How many checkpoints lie at or before an instant: doubling, then halving, since calendars have no even steps. */
function checkpointsUntil(obligation: CheckedObligation, until: Date): number {
  const isBy = (number: number): boolean => checkpointAt(obligation, number).getTime() <= until.getTime();
  let [low, high] = [0, 1];
  while (isBy(high)) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isBy(middle)) low = middle;
    else high = middle;
  }
  return low;
}

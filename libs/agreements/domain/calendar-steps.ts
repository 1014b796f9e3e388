import type { AgreementState, RenewalState } from './agreement-state.js';
import type { Term } from './terms.js';

/** What is known of an agreement when its calendar is looked at. */
export interface CalendarFacts {
  state: AgreementState;
  /** How the newest term is renewed. */
  renewal: Term['renewal'];
  /** Not included; null while it renews itself and nobody gave notice. */
  endsAt: Date | null;
  /** The end of the newest term. */
  termEndsAt: Date;
  /** Since when the end or renewal to come is known to both sides: the term's beginning, or when notice was given. */
  knownSince: Date;
  /** The offer of the term after the newest one; undefined where none was made yet. */
  offer: RenewalState | undefined;
  /** The leads, in milliseconds, of the notices recorded of what is to come. */
  noticedMs: readonly number[];
  /** When obligations are to be checked next; null where none has a checkpoint. */
  checkpointAt: Date | null;
}

/** What the program says about notices. */
export interface CalendarRules {
  /** How long before an end or renewal both sides are told, in milliseconds. */
  noticesBeforeMs: readonly number[];
  /** How long before the end of its term an agreement that needs consent is offered for renewal, in milliseconds. */
  offerBeforeMs: number;
}

/** One thing that falls due in the life of an agreement. */
export type CalendarStep =
  | { do: 'end' }
  | { do: 'renew' }
  | { do: 'offer' }
  /** A notice whose moment has passed by because a later one is due as well is recorded and not sent. */
  | { do: 'notify'; leadMs: number; isSent: boolean }
  | { do: 'check' };

/**
 * What is due first at a cut-off, included; undefined where nothing is. Doing it and asking again until nothing is due
 * gives the same whether an agreement was looked at every hour or after a week.
 */
export function nextStep(facts: CalendarFacts, rules: CalendarRules, cutOff: Date): CalendarStep | undefined {
  const { state, endsAt, termEndsAt, renewal, offer, checkpointAt } = facts;
  const isDue = (at: Date, leadMs = 0): boolean => at.getTime() - leadMs <= cutOff.getTime();
  if (state === 'ended') return undefined;
  if (endsAt !== null && isDue(endsAt)) return { do: 'end' };
  if (endsAt === null && isDue(termEndsAt)) return { do: 'renew' };
  const mayBeOffered = state === 'in_force' && renewal === 'consent' && endsAt !== null && offer === undefined;
  if (mayBeOffered && isDue(endsAt, rules.offerBeforeMs)) return { do: 'offer' };
  const notice = nextNotice(facts, rules, cutOff);
  if (notice) return notice;
  return checkpointAt !== null && isDue(checkpointAt) ? { do: 'check' } : undefined;
}

function nextNotice(
  { endsAt, termEndsAt, knownSince, noticedMs }: CalendarFacts,
  { noticesBeforeMs }: CalendarRules,
  cutOff: Date,
): CalendarStep | undefined {
  const at = (endsAt ?? termEndsAt).getTime();
  // A notice that would have come before anybody knew of the end tells nobody anything.
  const wanted = [...new Set(noticesBeforeMs)].filter((leadMs) => at - leadMs > knownSince.getTime());
  const due = wanted.filter((leadMs) => at - leadMs <= cutOff.getTime());
  const [leadMs] = due.filter((each) => !noticedMs.includes(each)).sort((a, b) => b - a);
  if (leadMs === undefined) return undefined;
  return { do: 'notify', leadMs, isSent: ![...due, ...noticedMs].some((other) => other < leadMs) };
}

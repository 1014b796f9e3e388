/** What a legal team must not miss. */
export type CalendarKind =
  /** A term ends and the next begins by itself. */
  | 'renewal'
  /** The last instant at which notice keeps an agreement from renewing itself. */
  | 'notice_deadline'
  /** An agreement ends with its term. */
  | 'term_end'
  /** Both sides are told of the end or renewal to come. */
  | 'notice'
  /** The next term is offered to a partner that has to consent to it. */
  | 'renewal_offer'
  /** Until when a partner may consent to the term that is offered. */
  | 'renewal_decision'
  /** Notice takes effect. */
  | 'termination'
  /** Another version of an agreement takes the place of the one before. */
  | 'version_start'
  /** The period of a notice of change is over: the last instant to object, where the partner may. */
  | 'change_notice_end'
  /** An obligation is to be checked. */
  | 'checkpoint'
  | 'envelope_expiry'
  | 'countersignature'
  | 'round_deadline'
  | 'review_deadline'
  | 'information_deadline';

export const calendarKinds = [
  ...([
    'renewal',
    'notice_deadline',
    'term_end',
    'notice',
    'renewal_offer',
    'renewal_decision',
    'termination',
    'version_start',
    'change_notice_end',
  ] as const),
  ...(['checkpoint', 'envelope_expiry', 'countersignature', 'round_deadline'] as const),
  ...(['review_deadline', 'information_deadline'] as const),
] as const satisfies readonly CalendarKind[];

export interface CalendarEntry {
  /** The same for the same thing, however its date moves. */
  uid: string;
  kind: CalendarKind;
  at: Date;
  programId: string;
  /** Null while an application has no partner yet. */
  partnerId: string | null;
  /** What the program calls the partner; null while there is none. */
  partnerReference: string | null;
  /** The agreement, the change of it, the envelope, negotiation or application that it is about. */
  subjectId: string;
  /** What else is to be known: the obligation, the term's number, who gave notice. */
  detail: string | null;
}

/** A half-open interval: `from` is included, `until` is not. */
export interface CalendarWindow {
  from: Date;
  until: Date;
}

/** In the order of time; what falls on one instant by kind and subject, so that pages never swap entries. */
export function byTime(a: CalendarEntry, b: CalendarEntry): number {
  return a.at.getTime() - b.at.getTime() || (a.uid < b.uid ? -1 : a.uid > b.uid ? 1 : 0);
}

export function isWithin(at: Date, { from, until }: CalendarWindow): boolean {
  return at.getTime() >= from.getTime() && at.getTime() < until.getTime();
}

import type { CalendarEntry, CalendarKind } from './calendar-entry.js';
import type { CalendarEvent } from './icalendar.js';

/** What a calendar program shows of each kind, in the words of people. */
const titles: Readonly<Record<CalendarKind, string>> = {
  renewal: 'Agreement renews',
  notice_deadline: 'Last day to give notice',
  term_end: 'Agreement ends',
  notice: 'Notice goes to both sides',
  renewal_offer: 'Renewal is offered',
  renewal_decision: 'Decision on renewal due',
  termination: 'Termination takes effect',
  version_start: 'New version of agreement begins',
  change_notice_end: 'Notice of change ends',
  checkpoint: 'Obligation to be checked',
  envelope_expiry: 'Contract expires unsigned',
  countersignature: 'Countersignature due',
  round_deadline: 'Answer in negotiation due',
  review_deadline: 'Decision on application due',
  information_deadline: 'Answer of applicant due',
};

/** An entry as an event of a calendar. `host` makes its uid unique among all calendars in the world. */
export function eventOf(entry: CalendarEntry, host: string): CalendarEvent {
  const { uid, kind, at, partnerReference, partnerId, subjectId, programId, detail } = entry;
  const title = titles[kind];
  const lines = [
    ...(detail === null ? [] : [detail]),
    ...(partnerId === null ? [] : [`Partner: ${partnerReference ?? ''} (${partnerId})`]),
    ...[`About: ${subjectId}`, `Program: ${programId}`],
  ];
  return {
    uid: `${uid}@${host}`,
    at,
    summary: partnerReference === null ? title : `${title}: ${partnerReference}`,
    description: lines.join('\n'),
    category: title,
  };
}

import { eventTypes, type EventSubject, type EventTypeName } from '../../outbox/domain/index.js';

/** What a test of an endpoint sends, to that endpoint alone; it stands in no feed. */
export const testEventType = 'webhook.test';

/** The subject of a type: what stands before the dot. */
export function subjectOf(type: EventTypeName): EventSubject {
  return type.slice(0, type.indexOf('.')) as EventSubject;
}

/** The subjects that events are about; `<subject>.*` names all of one's types. */
export const eventSubjects: readonly EventSubject[] = [...new Set(eventTypes.map(({ type }) => subjectOf(type)))];

/** Whether a filter names a type or all types of a subject. */
export function isEventFilter(filter: string): boolean {
  return eventTypes.some(({ type }) => type === filter) || eventSubjects.some((subject) => filter === `${subject}.*`);
}

/** Whether events of a type go to an endpoint with these filters; no filter lets all through. */
export function matchesFilters(filters: readonly string[], type: string): boolean {
  return filters.length === 0 || filters.some((filter) => filter === type || filter === `${type.split('.')[0]}.*`);
}

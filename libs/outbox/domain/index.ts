/** The pure face of the outbox: which events there are. */
export { eventTypes, type EventSubject, type EventType, type EventTypeName } from './event-types.js';

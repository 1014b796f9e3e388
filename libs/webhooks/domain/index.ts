/** The pure face of webhooks: which events there are, what a receiver gets, when it is tried again. */
export { eventSubjects, isEventFilter, matchesFilters, subjectOf, testEventType } from './event-filters.js';
export { excerptOf } from './excerpt.js';
export {
  contextNamesOf,
  describedEventTypes,
  examplePayload,
  payloadOf,
  type AnnouncedEvent,
  type WebhookPayload,
} from './payload.js';
export { retryAfterMs, waitAfter } from './retry-schedule.js';
export { faultOfUrl, type TargetRules } from './target-url.js';

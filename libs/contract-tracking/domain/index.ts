/** The pure face of tracking: what a calendar holds and how it is written, the order of a timeline, what statistics say. */
export { agreementEntries, type CalendarAgreement, type CalendarSettings } from './agreement-entries.js';
export {
  byTime,
  calendarKinds,
  isWithin,
  type CalendarEntry,
  type CalendarKind,
  type CalendarWindow,
} from './calendar-entry.js';
export { eventOf } from './calendar-words.js';
export {
  completionRate,
  lostOutcomes,
  requirePeriod,
  signingSteps,
  type Durations,
  type EnvelopeStatistics,
  type LostOutcome,
  type LostReason,
  type SigningStep,
  type StatisticsBy,
} from './envelope-statistics.js';
export { escapeText, foldLine, writeCalendar, type CalendarEvent, type CalendarFile } from './icalendar.js';
export { chronologically, isOnlyInEvidence, type TimelineEntry, type TimelineSource } from './timeline.js';
export {
  differencesOf,
  failingAttempts,
  orphanDifferences,
  type AttributeTexts,
  type Difference,
  type DifferenceKind,
  type ExpectedWorkflow,
  type Repair,
  type SeenWorkflow,
  type TrackedProcess,
  type WorkflowStanding,
} from './workflow-differences.js';

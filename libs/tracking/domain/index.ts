/** The pure face of tracking: what an event is, how it is read and when two reports say the same. */
export {
  eventContentHash,
  eventToJson,
  partOf,
  reversedEventId,
  saleType,
  type ConversionEvent,
  type EventShare,
  type RefundEvent,
  type TrackedEvent,
  type VoidEvent,
} from './event.js';
export { parseEvent, type UnknownFields } from './parse-event.js';

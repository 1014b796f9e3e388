export * from './domain/index.js';
export { EventsService, type Acceptance, type Problem, type ReportedIds } from './events.service.js';
export {
  attributedConversions,
  conversionsBetween,
  conversionsSince,
  customersByPartner,
  customersBetween,
  firstSales,
  laterConversions,
  reachedConversions,
  salesOfCustomers,
  storedEvents,
  storedReversals,
  type CustomerHistory,
  type CustomersOfPartner,
  type CustomerPlace,
  type FirstSale,
  type Reached,
  type StoredConversion,
  type StoredEvent,
  type StoredReversal,
  type TimelinePlace,
  type UnnamedConversion,
} from './stored-events.js';
export { TrackingModule } from './tracking.module.js';
export { partnersByName } from './partner-names.js';

export * from './domain/index.js';
export { CommissionsModule } from './commissions.module.js';
export { CommissionsService, maxEventsPerBatch } from './commissions.service.js';
export type { AcceptedDeliverableRow } from './deliverables.js';
export { EventIntake } from './event-intake.js';
export { ExchangeRates, maxRatesPerCall, type RecordedRates } from './exchange-rates.js';
export type { EventResult } from './event-results.js';
export type { EventExplanation, ExplainedLine, LinePayout } from './explanations.js';
export type { EarnedLine, LinesRequest } from './line-list.js';
export { HoldDecisions, type HoldDecision } from './holds/hold-decisions.js';
export { holdForPartner, type ExplainedHold } from './holds/explained-hold.js';
export { HoldList, type HoldsRequest } from './holds/hold-list.js';
export { RiskRecords, type EventRiskFact, type EventRiskResult, type LeakedCouponRow } from './holds/risk-records.js';
export { HoldReviews, type HoldReview } from './holds/hold-reviews.js';
export type { HoldRow } from './holds/hold-rows.js';
export { LineHolds, type HoldPlacing } from './holds/line-holds.js';
export {
  TermsSimulations,
  type SimulationRequest,
  type SimulationResult,
  type SimulationRow,
} from './terms-simulations.js';

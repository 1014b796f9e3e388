export * from './domain/index.js';
export { CommissionsModule } from './commissions.module.js';
export { CommissionsService, maxEventsPerBatch } from './commissions.service.js';
export type { AcceptedDeliverableRow } from './deliverables.js';
export { maxRatesPerCall, type RecordedRates } from './exchange-rates.js';
export type { EventResult } from './event-results.js';
export type { EventExplanation, ExplainedLine, LinePayout } from './explanations.js';
export type { EarnedLine, LinesRequest } from './line-list.js';
export {
  TermsSimulations,
  type SimulationRequest,
  type SimulationResult,
  type SimulationRow,
} from './terms-simulations.js';

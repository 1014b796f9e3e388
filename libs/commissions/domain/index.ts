/** The pure face of commissions: the engine that prices events under terms. */
export { compileTerms, type CompiledRule, type CompiledTerms } from './compile-terms.js';
export { byTime, toPricedEvent, type EventFacts, type PricedEvent } from './priced-event.js';
export {
  isHeld,
  priceEvent,
  priceTimeline,
  startOfTimeline,
  tierAt,
  versionAt,
  type AgreementPeriod,
  type FirstSales,
  type NoLineReason,
  type PricingContext,
  type PricingOutcome,
  type TierPeriod,
  type TimelineState,
} from './price-event.js';
export {
  explainEvent,
  explainReversal,
  type Calculation,
  type PricingTrace,
  type ReversalTrace,
  type RuleTrial,
} from './explain.js';
export {
  judgeReversal,
  nothingReversed,
  reverse,
  type JudgedReversal,
  type NoReversalReason,
  type Original,
  type OriginalLine,
  type Reversal,
  type ReversalOutcome,
  type ReversalState,
  type ReversedOriginal,
} from './reverse.js';
export { commissionLine, reversalLine, reversalOf, reversedOriginal, type CommissionLine } from './lines.js';
export { RateTable, type DailyRate } from './rate-table.js';
export { monthReader } from './months.js';
export { priceEventFile, readEventFile, type EventFile } from './event-file.js';
export type { SimulatedCost } from './simulated-cost.js';

/** The pure face of commissions: the engine that prices events under terms. */
export { hasScheduledBonuses } from './compile-bonuses.js';
export { compileTerms, countsEvents, type CompiledRule, type CompiledTerms } from './compile-terms.js';
export { byId, byTime, toPricedEvent, type EventFacts, type PricedEvent } from './priced-event.js';
export {
  gatherFacts,
  isHeld,
  priceEvent,
  priceTimeline,
  tierAt,
  type NoLineReason,
  type PricingContext,
  type PricingOutcome,
  type TierPeriod,
} from './price-event.js';
export {
  agreementPeriods,
  mayShareEvents,
  versionAt,
  type AgreementPeriod,
  type InForce,
  type Stretch,
} from './agreement-periods.js';
export { branchOff, startOfTimeline, timelineOver, type FirstSales, type TimelineState } from './timeline-state.js';
export { noTotals, restoreTotals, storeTotals, type StoredTotals, type Totals } from './stored-totals.js';
export { customerValues, valuesOfCustomer } from './customer-values.js';
export {
  bonusEventId,
  fixedBonuses,
  instantText,
  participationBonuses,
  simulatedBonuses,
  type AcceptedDeliverable,
  type ValuedSale,
} from './bonuses.js';
export {
  explainEvent,
  explainReversal,
  type Calculation,
  type PricingTrace,
  type ReversalTrace,
  type RuleTrial,
} from './explain.js';
export { explainCustomerValues, explainOwnBonus, type BonusFacts, type BonusTrace } from './explain-bonuses.js';
export { sentenceOfBonus, sentencesOf, type RuleSentence } from './explain-sentences.js';
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
export {
  bonusLine,
  commissionLine,
  kindOf,
  milestoneLines,
  reversalLine,
  reversalOf,
  reversedOriginal,
  type CommissionLine,
} from './lines.js';
export { reviewedValue, reviewTier, type ReviewedSale, type TierReview } from './tier-reviews.js';
export { RateTable, type DailyRate } from './rate-table.js';
export { monthReader } from './months.js';
export { priceEventFile, readEventFile, type EventFile } from './event-file.js';
export { CostTally, type SimulatedCost } from './simulated-cost.js';
export { holdCauses, holdStates, type HoldAction, type HoldCause, type HoldState } from './hold-state.js';
export {
  ownTraits,
  suspicionsOf,
  type CustomerIdentity,
  type OwnTrait,
  type PartnerIdentity,
  type RiskFacts,
  type Suspicion,
} from './fraud-rules.js';

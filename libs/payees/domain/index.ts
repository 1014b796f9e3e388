/** The pure face of payees: destinations of money and the rules of their change. */
export {
  checkDestination,
  ending,
  isRoutingNumber,
  isSameAccount,
  maskDestination,
  type DestinationKind,
  type MaskedDestination,
  type PayoutDestination,
  type StatedDestination,
} from './payout-destination.js';
export {
  detailsStates,
  effectiveFrom,
  standingOf,
  type DetailsAction,
  type DetailsStanding,
  type DetailsState,
} from './details-state.js';
export { isTaxId, normalTaxId, type TaxIdKind } from './tax-ids.js';
export {
  checkTaxProfile,
  expiryOf,
  isValidOn,
  taxForms,
  type StatedTaxProfile,
  type TaxForm,
  type TaxProfile,
  type TaxSecrets,
} from './tax-profile.js';
export {
  decideWithholding,
  type WithholdingDecision,
  type WithholdingFacts,
  type WithholdingRule,
  type WithholdingSettings,
} from './withholding.js';
export { paperNumber } from './paper-number.js';
export { isReportable, reportingThresholdMinor } from './information-return.js';
export {
  normalWords,
  ScreeningIndex,
  screeningThreshold,
  type ScreeningEntry,
  type ScreeningMatch,
} from './screening.js';

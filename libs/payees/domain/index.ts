/** The pure face of payees: destinations of money and the rules of their change. */
export {
  checkDestination,
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

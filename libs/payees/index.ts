export * from './domain/index.js';
export type { Channel, DetailsView } from './details-rows.js';
export { PayeeChecks, type CheckedPartner, type PayeeFinding } from './payee-checks.js';
export { PayeesModule } from './payees.module.js';
export { PayoutDestinations } from './payout-destinations.js';
export { TaxProfiles, type TaxProfileView, type TaxProfileChange } from './tax-profiles.js';
export { Withholding, type WithheldItem, type WithholdingResult } from './withholding.js';
export { PayoutDetailsService, type DetailsChange, type DetailsDecision } from './payout-details.service.js';

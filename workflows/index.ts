/** Every workflow that the workers run, by its type's name. */
export { agreementAmendment } from './agreement-amendment/agreement-amendment.workflow.js';
export { agreementCalendar } from './agreement-calendar/agreement-calendar.workflow.js';
export { applicantErasure } from './applicant-erasure/applicant-erasure.workflow.js';
export { commissionReview } from './commission-review/commission-review.workflow.js';
export { commissionVesting } from './commission-vesting/commission-vesting.workflow.js';
export { negotiation } from './negotiation/negotiation.workflow.js';
export { partnerOnboarding } from './partner-onboarding/partner-onboarding.workflow.js';
export { payoutBatch } from './payout-batch/payout-batch.workflow.js';
export { payoutCollection } from './payout-collection/payout-collection.workflow.js';
export { signature } from './signature/signature.workflow.js';
export { termsSimulation } from './terms-simulation/terms-simulation.workflow.js';

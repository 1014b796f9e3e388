export { applicationForm, e164, standardFieldErrors, type ApplicationForm } from './application-form.js';
export {
  applicationStages,
  isErasable,
  isUndecided,
  type ApplicationAction,
  type ApplicationStage,
  type DecisionAction,
} from './application-stage.js';
export { companyKey, contactKeys, emailKey, webSiteHost, type ContactKey, type ContactKind } from './contact-keys.js';
export { partnerStages, type PartnerAction, type PartnerStage } from './partner-stage.js';
export { suspensionCauses, type SuspensionCause } from './suspension.js';
export { dueSteps, nextDue, type DueStep, type ReviewDeadlines } from './review-deadlines.js';
export {
  applyRules,
  duplicateRule,
  holds,
  type RaisedFlag,
  type ReviewFacts,
  type ReviewOutcome,
} from './review-rules.js';

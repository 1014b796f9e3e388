export { applicationForm, type ApplicationForm } from './application-form.js';
export {
  applicationStages,
  type ApplicationAction,
  type ApplicationStage,
  type DecisionAction,
} from './application-stage.js';
export { partnerStages, type PartnerAction, type PartnerStage } from './partner-stage.js';
export { suspensionCauses, type SuspensionCause } from './suspension.js';

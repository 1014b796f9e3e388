export { ErasureService } from './erasure.service.js';
export { IntakeService } from './intake.service.js';
export { OnboardingModule } from './onboarding.module.js';
export { PartnerOnboardingService } from './partner-onboarding.service.js';
export { WorkflowRepairs } from './workflow-repairs.service.js';

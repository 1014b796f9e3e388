export { OnboardingModule } from './onboarding.module.js';
export { PartnerOnboardingService } from './partner-onboarding.service.js';

import { Module } from '@nestjs/common';
import { OnboardingModule } from '../../../libs/onboarding/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { ApplicationReviewController } from './application-review.controller.js';
import { ApplicationsController } from './applications.controller.js';
import { AttachmentsController } from './attachments.controller.js';
import { ErasureRunsController } from './erasure-runs.controller.js';
import { InformationRequestsController } from './information-requests.controller.js';
import { ReferencesController } from './references.controller.js';
import { VerificationController } from './verification.controller.js';
import { VisibleApplications } from './visible-applications.js';

@Module({
  imports: [OnboardingModule, PartnersModule, ProgramsModule],
  controllers: [
    ApplicationsController,
    ApplicationReviewController,
    AttachmentsController,
    ErasureRunsController,
    InformationRequestsController,
    ReferencesController,
    VerificationController,
  ],
  providers: [VisibleApplications],
})
export class ApplicationsApiModule {}

import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/index.js';
import { AttributionModule } from '../attribution/index.js';
import { CommissionsModule } from '../commissions/index.js';
import { DocumentsModule } from '../documents/index.js';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { SignaturesModule } from '../signatures/index.js';
import { ErasureService } from './erasure.service.js';
import { IntakeService } from './intake.service.js';
import { PartnerOnboardingService } from './partner-onboarding.service.js';
import { WorkflowRepairs } from './workflow-repairs.service.js';

@Module({
  imports: [
    AgreementsModule,
    AttributionModule,
    CommissionsModule,
    DocumentsModule,
    PartnersModule,
    ProgramsModule,
    SignaturesModule,
  ],
  providers: [ErasureService, IntakeService, PartnerOnboardingService, WorkflowRepairs],
  exports: [ErasureService, IntakeService, PartnerOnboardingService, WorkflowRepairs],
})
export class OnboardingModule {}

import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/index.js';
import { CommissionsModule } from '../commissions/index.js';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { SignaturesModule } from '../signatures/index.js';
import { PartnerOnboardingService } from './partner-onboarding.service.js';

@Module({
  imports: [AgreementsModule, CommissionsModule, PartnersModule, ProgramsModule, SignaturesModule],
  providers: [PartnerOnboardingService],
  exports: [PartnerOnboardingService],
})
export class OnboardingModule {}

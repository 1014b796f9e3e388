import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/index.js';
import { DocumentsModule } from '../documents/index.js';
import { LifecycleModule } from '../lifecycle/index.js';
import { NotificationsModule } from '../notifications/index.js';
import { OnboardingModule } from '../onboarding/index.js';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { SignaturesModule } from '../signatures/index.js';
import { AmendmentRepairs } from './amendment-repairs.service.js';
import { ContractCalendar } from './contract-calendar.service.js';
import { Dossiers } from './dossiers.service.js';
import { EnvelopeStatisticsService } from './envelope-statistics.service.js';
import { ExpectedWorkflows } from './expected-workflows.service.js';
import { PartnerTrails } from './partner-trail.service.js';

@Module({
  imports: [
    AgreementsModule,
    DocumentsModule,
    LifecycleModule,
    NotificationsModule,
    OnboardingModule,
    PartnersModule,
    ProgramsModule,
    SignaturesModule,
  ],
  providers: [
    AmendmentRepairs,
    ContractCalendar,
    Dossiers,
    EnvelopeStatisticsService,
    ExpectedWorkflows,
    PartnerTrails,
  ],
  exports: [AmendmentRepairs, ContractCalendar, Dossiers, EnvelopeStatisticsService, ExpectedWorkflows, PartnerTrails],
})
export class ContractTrackingModule {}

import { Module } from '@nestjs/common';
import { DocumentsModule } from '../documents/index.js';
import { LedgerModule } from '../ledger/index.js';
import { ProgramsModule } from '../programs/index.js';
import { ApplicationList } from './application-list.js';
import { ApplicationsService } from './applications.service.js';
import { AttachmentsService } from './attachments.service.js';
import { InformationService } from './information.service.js';
import { PartnerList } from './partner-list.js';
import { PartnerTiersModule } from './partner-tiers.js';
import { PartnersService } from './partners.service.js';
import { ReferencesService } from './references.service.js';
import { ReviewReader } from './review-view.js';
import { ReviewService } from './review.service.js';
import { SuspensionsService } from './suspensions.service.js';
import { VerificationService } from './verification.service.js';

const services = [
  ApplicationList,
  ApplicationsService,
  AttachmentsService,
  InformationService,
  PartnerList,
  PartnersService,
  ReferencesService,
  ReviewReader,
  ReviewService,
  SuspensionsService,
  VerificationService,
];

@Module({
  imports: [DocumentsModule, LedgerModule, PartnerTiersModule, ProgramsModule],
  providers: services,
  exports: [...services, PartnerTiersModule],
})
export class PartnersModule {}

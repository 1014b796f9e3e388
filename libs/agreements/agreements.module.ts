import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { AgreementsService } from './agreements.service.js';
import { NegotiationsService } from './negotiations.service.js';
import { TermsDocuments } from './terms-documents.js';

@Module({
  imports: [ProgramsModule],
  providers: [AgreementsService, NegotiationsService, TermsDocuments],
  exports: [AgreementsService, NegotiationsService, TermsDocuments],
})
export class AgreementsModule {}

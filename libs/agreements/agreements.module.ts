import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { AgreementActs } from './agreement-acts.js';
import { AgreementList } from './agreement-list.js';
import { AgreementsService } from './agreements.service.js';
import { NegotiationsService } from './negotiations.service.js';
import { TermsDocuments } from './terms-documents.js';

@Module({
  imports: [ProgramsModule],
  providers: [AgreementActs, AgreementList, AgreementsService, NegotiationsService, TermsDocuments],
  exports: [AgreementActs, AgreementList, AgreementsService, NegotiationsService, TermsDocuments],
})
export class AgreementsModule {}

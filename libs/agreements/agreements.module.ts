import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { AgreementActs } from './agreement-acts.js';
import { AgreementList } from './agreement-list.js';
import { AgreementsService } from './agreements.service.js';
import { InternalApprovals } from './internal-approvals.js';
import { NegotiationComments } from './negotiation-comments.js';
import { NegotiationRecords } from './negotiation-records.js';
import { NegotiationsService } from './negotiations.service.js';
import { TemplatesService } from './templates.service.js';
import { TermsDocuments } from './terms-documents.js';

@Module({
  imports: [ProgramsModule],
  providers: [
    AgreementActs,
    AgreementList,
    AgreementsService,
    InternalApprovals,
    NegotiationComments,
    NegotiationRecords,
    NegotiationsService,
    TemplatesService,
    TermsDocuments,
  ],
  exports: [
    AgreementActs,
    AgreementList,
    AgreementsService,
    InternalApprovals,
    NegotiationComments,
    NegotiationsService,
    TemplatesService,
    TermsDocuments,
  ],
})
export class AgreementsModule {}

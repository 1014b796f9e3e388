import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/index.js';
import { CommissionsModule } from '../commissions/index.js';
import { DocumentsModule } from '../documents/index.js';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { SignaturesModule } from '../signatures/index.js';
import { AgreementCalendar } from './agreement-calendar.service.js';
import { AgreementEnds } from './agreement-ends.js';
import { AgreementLocks } from './agreement-locks.js';
import { AgreementMails } from './agreement-mails.js';
import { AgreementVersions } from './agreement-versions.service.js';
import { AmendmentBeginnings } from './amendment-beginnings.js';
import { AmendmentEnds } from './amendment-ends.js';
import { AmendmentList } from './amendment-list.js';
import { AmendmentProposals } from './amendment-proposals.service.js';
import { AmendmentRecords } from './amendment-records.js';
import { AmendmentSteps } from './amendment-steps.service.js';
import { ChangeNotices } from './change-notices.service.js';
import { Renewals } from './renewals.service.js';
import { Terminations } from './terminations.service.js';

@Module({
  imports: [AgreementsModule, CommissionsModule, DocumentsModule, PartnersModule, ProgramsModule, SignaturesModule],
  providers: [
    AgreementCalendar,
    AgreementEnds,
    AgreementLocks,
    AgreementMails,
    AgreementVersions,
    AmendmentBeginnings,
    AmendmentEnds,
    AmendmentList,
    AmendmentProposals,
    AmendmentRecords,
    AmendmentSteps,
    ChangeNotices,
    Renewals,
    Terminations,
  ],
  exports: [
    AgreementCalendar,
    AgreementVersions,
    AmendmentList,
    AmendmentProposals,
    AmendmentRecords,
    AmendmentSteps,
    ChangeNotices,
    Renewals,
    Terminations,
  ],
})
export class LifecycleModule {}

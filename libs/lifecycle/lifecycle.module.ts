import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/index.js';
import { CommissionsModule } from '../commissions/index.js';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { AgreementCalendar } from './agreement-calendar.service.js';
import { AgreementEnds } from './agreement-ends.js';
import { AgreementLocks } from './agreement-locks.js';
import { AgreementMails } from './agreement-mails.js';
import { AgreementVersions } from './agreement-versions.service.js';
import { Renewals } from './renewals.service.js';
import { Terminations } from './terminations.service.js';

@Module({
  imports: [AgreementsModule, CommissionsModule, PartnersModule, ProgramsModule],
  providers: [
    AgreementCalendar,
    AgreementEnds,
    AgreementLocks,
    AgreementMails,
    AgreementVersions,
    Renewals,
    Terminations,
  ],
  exports: [AgreementCalendar, AgreementVersions, Renewals, Terminations],
})
export class LifecycleModule {}

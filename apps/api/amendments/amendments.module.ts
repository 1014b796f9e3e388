import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { LifecycleModule } from '../../../libs/lifecycle/index.js';
import { TermsApiModule } from '../terms/terms.module.js';
import { AgreementAmendmentsController } from './agreement-amendments.controller.js';
import { AmendmentAccess } from './amendment-access.js';
import { AmendmentsController } from './amendments.controller.js';

@Module({
  imports: [AgreementsModule, LifecycleModule, TermsApiModule],
  providers: [AmendmentAccess],
  controllers: [AgreementAmendmentsController, AmendmentsController],
})
export class AmendmentsApiModule {}

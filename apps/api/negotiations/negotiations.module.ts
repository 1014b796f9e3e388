import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { CommissionsModule } from '../../../libs/commissions/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { TermsApiModule } from '../terms/terms.module.js';
import { InternalApprovalsController } from './internal-approvals.controller.js';
import { NegotiationAccess } from './negotiation-access.js';
import { NegotiationCommentsController } from './negotiation-comments.controller.js';
import { NegotiationDiffController } from './negotiation-diff.controller.js';
import { NegotiationsController } from './negotiations.controller.js';
import { SimulationsController } from './simulations.controller.js';

@Module({
  imports: [AgreementsModule, CommissionsModule, ProgramsModule, TermsApiModule],
  providers: [NegotiationAccess],
  controllers: [
    NegotiationsController,
    InternalApprovalsController,
    NegotiationCommentsController,
    NegotiationDiffController,
    SimulationsController,
  ],
})
export class NegotiationsApiModule {}

import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { InternalApprovalsController } from './internal-approvals.controller.js';
import { NegotiationAccess } from './negotiation-access.js';
import { NegotiationCommentsController } from './negotiation-comments.controller.js';
import { NegotiationsController } from './negotiations.controller.js';

@Module({
  imports: [AgreementsModule],
  providers: [NegotiationAccess],
  controllers: [NegotiationsController, InternalApprovalsController, NegotiationCommentsController],
})
export class NegotiationsApiModule {}

import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { CommissionsModule } from '../../../libs/commissions/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { PartnerFactsController } from './partner-facts.controller.js';
import { PartnersController } from './partners.controller.js';

@Module({
  imports: [AgreementsModule, CommissionsModule, PartnersModule],
  controllers: [PartnersController, PartnerFactsController],
})
export class PartnersApiModule {}

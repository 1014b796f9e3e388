import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { CommissionsModule } from '../../../libs/commissions/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { DeliverablesController } from './deliverables.controller.js';
import { PartnersController } from './partners.controller.js';

@Module({
  imports: [AgreementsModule, CommissionsModule, PartnersModule],
  controllers: [PartnersController, DeliverablesController],
})
export class PartnersApiModule {}

import { Module } from '@nestjs/common';
import { AttributionModule } from '../../../libs/attribution/index.js';
import { CommissionsModule } from '../../../libs/commissions/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { LinksController } from './links.controller.js';
import { ReachController } from './reach.controller.js';
import { TouchesController } from './touches.controller.js';

@Module({
  imports: [AttributionModule, CommissionsModule, PartnersModule],
  controllers: [LinksController, ReachController, TouchesController],
})
export class AttributionApiModule {}

import { Module } from '@nestjs/common';
import { ContractTrackingModule } from '../../../libs/contract-tracking/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { ContractCalendarController } from './contract-calendar.controller.js';
import { EnvelopeStatisticsController } from './envelope-statistics.controller.js';
import { PartnerTrailController } from './partner-trail.controller.js';

@Module({
  imports: [ContractTrackingModule, PartnersModule],
  controllers: [ContractCalendarController, EnvelopeStatisticsController, PartnerTrailController],
})
export class ContractTrackingApiModule {}

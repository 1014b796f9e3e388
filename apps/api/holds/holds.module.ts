import { Module } from '@nestjs/common';
import { CommissionsModule } from '../../../libs/commissions/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { HoldsController } from './holds.controller.js';
import { ReviewRunsController } from './review-runs.controller.js';
import { RiskRecordsController } from './risk-records.controller.js';

@Module({
  imports: [CommissionsModule, PartnersModule, ProgramsModule],
  controllers: [HoldsController, ReviewRunsController, RiskRecordsController],
})
export class HoldsApiModule {}

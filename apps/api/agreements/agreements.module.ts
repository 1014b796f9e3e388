import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { LifecycleModule } from '../../../libs/lifecycle/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { AgreementsController } from './agreements.controller.js';
import { CalendarRunsController } from './calendar-runs.controller.js';

@Module({
  imports: [AgreementsModule, LifecycleModule, ProgramsModule],
  controllers: [AgreementsController, CalendarRunsController],
})
export class AgreementsApiModule {}

import { Module } from '@nestjs/common';
import { DocumentsModule } from '../../../libs/documents/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { PayoutsModule } from '../../../libs/payouts/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { PayoutBatchesController } from './payout-batches.controller.js';
import { PayoutFinanceController } from './payout-finance.controller.js';
import { PayoutItemsController } from './payout-items.controller.js';
import { PayoutPausesController } from './payout-pauses.controller.js';
import { PayoutRunsController } from './payout-runs.controller.js';

@Module({
  imports: [DocumentsModule, PartnersModule, PayoutsModule, ProgramsModule],
  controllers: [
    PayoutBatchesController,
    PayoutFinanceController,
    PayoutItemsController,
    PayoutPausesController,
    PayoutRunsController,
  ],
})
export class PayoutsApiModule {}

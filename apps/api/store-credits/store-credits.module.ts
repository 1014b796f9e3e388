import { Module } from '@nestjs/common';
import { PayoutsModule } from '../../../libs/payouts/index.js';
import { StoreCreditsController } from './store-credits.controller.js';

@Module({ imports: [PayoutsModule], controllers: [StoreCreditsController] })
export class StoreCreditsApiModule {}

import { Module } from '@nestjs/common';
import { PartnersModule } from '../../../libs/partners/index.js';
import { PayeesModule } from '../../../libs/payees/index.js';
import { PayoutDetailsController } from './payout-details.controller.js';
import { TaxProfilesController } from './tax-profiles.controller.js';

@Module({ imports: [PartnersModule, PayeesModule], controllers: [PayoutDetailsController, TaxProfilesController] })
export class PayeesApiModule {}

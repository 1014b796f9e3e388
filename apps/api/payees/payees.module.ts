import { Module } from '@nestjs/common';
import { PartnersModule } from '../../../libs/partners/index.js';
import { PayeesModule } from '../../../libs/payees/index.js';
import { InformationReturnsController } from './information-returns.controller.js';
import { PayoutDetailsController } from './payout-details.controller.js';
import { ScreeningController } from './screening.controller.js';
import { SelfBillingController } from './self-billing.controller.js';
import { TaxProfilesController } from './tax-profiles.controller.js';

@Module({
  imports: [PartnersModule, PayeesModule],
  controllers: [
    InformationReturnsController,
    PayoutDetailsController,
    ScreeningController,
    SelfBillingController,
    TaxProfilesController,
  ],
})
export class PayeesApiModule {}

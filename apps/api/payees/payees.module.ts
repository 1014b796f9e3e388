import { Module } from '@nestjs/common';
import { PartnersModule } from '../../../libs/partners/index.js';
import { PayeesModule } from '../../../libs/payees/index.js';
import { PayoutDetailsController } from './payout-details.controller.js';

@Module({ imports: [PartnersModule, PayeesModule], controllers: [PayoutDetailsController] })
export class PayeesApiModule {}

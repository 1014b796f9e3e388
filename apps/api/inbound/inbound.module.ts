import { Module } from '@nestjs/common';
import { PayoutsModule } from '../../../libs/payouts/index.js';
import { InboundController } from './inbound.controller.js';

@Module({ imports: [PayoutsModule], controllers: [InboundController] })
export class InboundApiModule {}

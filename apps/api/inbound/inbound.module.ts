import { Module } from '@nestjs/common';
import { NotificationsModule } from '../../../libs/notifications/index.js';
import { PayoutsModule } from '../../../libs/payouts/index.js';
import { InboundController } from './inbound.controller.js';
import { MailEventsController } from './mail-events.controller.js';

@Module({ imports: [NotificationsModule, PayoutsModule], controllers: [InboundController, MailEventsController] })
export class InboundApiModule {}

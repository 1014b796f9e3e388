import { Module } from '@nestjs/common';
import { NotificationsModule } from '../../../libs/notifications/index.js';
import { MailsController } from './mails.controller.js';

@Module({ imports: [NotificationsModule], controllers: [MailsController] })
export class MailsApiModule {}

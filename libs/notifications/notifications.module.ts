import { Module } from '@nestjs/common';
import { DocumentsModule } from '../documents/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsModule } from '../programs/index.js';
import { MailFactsReader } from './mail-facts.js';
import { MailSender } from './mail-sender.js';
import { Mailer } from './mailer.js';
import { SmtpMailer } from './smtp-mailer.js';

@Module({
  imports: [DocumentsModule, ProgramsModule],
  providers: [
    MailFactsReader,
    MailSender,
    {
      provide: Mailer,
      inject: [Settings],
      useFactory: ({ env }: Settings) => new SmtpMailer({ url: env.SMTP_URL, from: env.MAIL_FROM }),
    },
  ],
  exports: [MailSender],
})
export class NotificationsModule {}

import { Module } from '@nestjs/common';
import { DocumentsModule } from '../documents/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsModule } from '../programs/index.js';
import { MailFactsReader } from './mail-facts.js';
import { MailInbox } from './mail-inbox.js';
import { MailList } from './mail-list.js';
import { MailLog } from './mail-log.js';
import { MailOutcomes } from './mail-outcomes.js';
import { MailSender } from './mail-sender.js';
import { Mailer } from './mailer.js';
import { SmtpMailer } from './smtp-mailer.js';

@Module({
  imports: [DocumentsModule, ProgramsModule],
  providers: [
    MailFactsReader,
    MailInbox,
    MailList,
    MailLog,
    MailOutcomes,
    MailSender,
    {
      provide: Mailer,
      inject: [Settings],
      useFactory: ({ env }: Settings) => new SmtpMailer({ url: env.SMTP_URL, from: env.MAIL_FROM }),
    },
  ],
  exports: [MailInbox, MailList, MailLog, MailOutcomes, MailSender],
})
export class NotificationsModule {}

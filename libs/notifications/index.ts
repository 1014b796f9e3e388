export * from './domain/index.js';
export { MailInbox, type MailEvent } from './mail-inbox.js';
export { MailList, type MailsRequest, type MailView } from './mail-list.js';
export { MailLog } from './mail-log.js';
export { MailOutcomeListener, MailOutcomes, type MailOutcome } from './mail-outcomes.js';
export { MailDeliveryError, Mailer, MailGivenUp } from './mailer.js';
export { MailSender } from './mail-sender.js';
export { NotificationsModule } from './notifications.module.js';
export { SmtpMailer, type SmtpSettings } from './smtp-mailer.js';

export * from './domain/index.js';
export { MailDeliveryError, Mailer } from './mailer.js';
export { MailSender } from './mail-sender.js';
export { NotificationsModule } from './notifications.module.js';
export { SmtpMailer, type SmtpSettings } from './smtp-mailer.js';

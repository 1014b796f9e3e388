export * from './domain/index.js';
export { MailDeliveryError, Mailer } from './mailer.js';
export { SmtpMailer, type SmtpSettings } from './smtp-mailer.js';

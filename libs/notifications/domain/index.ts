/** The pure face of notifications: what mails say, and which may be sent. */
export { composeMail, escapeHtml, type MailBlock, type MailContent } from './mail-content.js';
export { assertSendable, type Mail, type MailAddress, type MailAttachment } from './mail.js';
export * from './mail-templates.js';

/** The pure face of notifications: what mails say, and which may be sent. */
export { agreementMails } from './agreement-mails.js';
export { amendmentMails } from './amendment-mails.js';
export { applicationMails } from './application-mails.js';
export { envelopeMails } from './envelope-mails.js';
export type { ChangedAgreement } from './change-sentence.js';
export { composeMail, escapeHtml, type MailBlock, type MailContent } from './mail-content.js';
export {
  faultsOfTexts,
  fillTemplate,
  mailTemplate,
  placeholdersOf,
  type AnyMailTemplate,
  type FactsOf,
  type MailFrame,
  type MailTemplate,
  type MailTexts,
  type ReplacedTexts,
  type TextFault,
} from './mail-template.js';
export { isMailTemplate, mailTemplates, templateNamed, type MailTemplateName } from './mail-templates.js';
export {
  actionOf,
  isTroubled,
  mailStates,
  troubledMailStates,
  type MailAction,
  type MailEventType,
  type MailState,
} from './mail-state.js';
export { mailWording, type MailWording } from './mail-wording.js';
export { assertSendable, type Mail, type MailAddress, type MailAttachment } from './mail.js';
export { negotiationMails } from './negotiation-mails.js';
export { payeeMails } from './payee-mails.js';
export { payoutMails } from './payout-mails.js';
export { signatureMails } from './signature-mails.js';
export { webhookMails } from './webhook-mails.js';

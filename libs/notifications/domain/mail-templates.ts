import { agreementLifeMails } from './agreement-life-mails.js';
import { agreementMails } from './agreement-mails.js';
import { amendmentMails } from './amendment-mails.js';
import { applicationMails } from './application-mails.js';
import { envelopeMails } from './envelope-mails.js';
import type { AnyMailTemplate } from './mail-template.js';
import { negotiationMails } from './negotiation-mails.js';
import { payeeMails } from './payee-mails.js';
import { payoutMails } from './payout-mails.js';
import { signatureMails } from './signature-mails.js';
import { webhookMails } from './webhook-mails.js';
import { disputeMails } from './dispute-mails.js';
import { holdMails } from './hold-mails.js';
import { suspensionMails } from './suspension-mails.js';

/** Every kind of mail that the product sends, by the name under which the outbox asks for it. */
export const mailTemplates = {
  ...applicationMails,
  ...negotiationMails,
  ...signatureMails,
  ...envelopeMails,
  ...agreementMails,
  ...agreementLifeMails,
  ...amendmentMails,
  ...suspensionMails,
  ...holdMails,
  ...disputeMails,
  ...payeeMails,
  ...payoutMails,
  ...webhookMails,
} as const;

export type MailTemplateName = keyof typeof mailTemplates;

/** Whether there is a mail of this name. */
export function isMailTemplate(name: string): name is MailTemplateName {
  return Object.hasOwn(mailTemplates, name);
}

/** The template of a name, with facts of some kind; undefined for a name that no mail has. */
export function templateNamed(name: string): AnyMailTemplate | undefined {
  return isMailTemplate(name) ? mailTemplates[name] : undefined;
}

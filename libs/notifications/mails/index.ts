import type { MailTemplateName } from '../domain/index.js';
import type { MailSource } from '../mail-source.js';
import { agreementLifeSources } from './agreement-life.js';
import { agreementSources } from './agreement.js';
import { amendmentSources } from './amendment.js';
import { applicationSources } from './application.js';
import { envelopeSources } from './envelope.js';
import { negotiationSources } from './negotiation.js';
import { payeeSources } from './payee.js';
import { payoutSources } from './payout.js';
import { signatureSources } from './signature.js';
import { webhookSources } from './webhook.js';
import { disputeSources } from './dispute.js';
import { holdSources } from './hold.js';
import { suspensionSources } from './suspension.js';

/** Where the facts of each mail come from: exactly one source for each template. */
const sources: Readonly<Record<MailTemplateName, MailSource<unknown>>> = {
  ...applicationSources,
  ...negotiationSources,
  ...signatureSources,
  ...envelopeSources,
  ...agreementSources,
  ...agreementLifeSources,
  ...amendmentSources,
  ...suspensionSources,
  ...holdSources,
  ...disputeSources,
  ...payeeSources,
  ...payoutSources,
  ...webhookSources,
};

/** The source of a template's facts. */
export function sourceOf(template: MailTemplateName): MailSource<unknown> {
  return sources[template];
}

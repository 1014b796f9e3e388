import type { ChangedAgreement, signatureMails } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSource, MailSources } from '../mail-source.js';

const partnerAsked: MailSource<{ link: string; expiresAt: Date; timeZone: string } & Partial<ChangedAgreement>> = {
  facts: async (reader, letter) => ({
    // Made here and nowhere else: the link reaches the partner's mailbox and no company role.
    link: reader.signingLink(letter.request),
    ...(await deadline(reader, letter)),
    ...(await reader.changedByEnvelope(letter.request.subjectId)),
  }),
};

const companyAsked: MailSource<{ link: string; expiresAt: Date; timeZone: string } & Partial<ChangedAgreement>> = {
  facts: async (reader, letter) => ({
    link: reader.api(`/envelopes/${letter.request.subjectId}`),
    ...(await deadline(reader, letter)),
    ...(await reader.changedByEnvelope(letter.request.subjectId)),
  }),
};

const ended: MailSource<{ reason?: string }> = {
  facts: async (reader, { request }) => {
    const sql = `select reason from envelopes where id = $1`;
    const { reason } = await reader.one<{ reason: string | null }>(sql, request.subjectId);
    return reason === null ? {} : { reason };
  },
};

/** The subject of these mails is the envelope. */
export const signatureSources: MailSources<typeof signatureMails> = {
  'signature-requested': partnerAsked,
  'signature-reminder': partnerAsked,
  'countersignature-requested': companyAsked,
  'countersignature-reminder': companyAsked,
  'envelope-declined': ended,
  'envelope-voided': ended,
  'envelope-expired': ended,
};

async function deadline(
  reader: MailFactsReader,
  { program, request }: Letter,
): Promise<{ expiresAt: Date; timeZone: string }> {
  const sql = `select expires_at from envelopes where id = $1`;
  const { expires_at: expiresAt } = await reader.one<{ expires_at: Date }>(sql, request.subjectId);
  return { expiresAt, timeZone: program.timeZone };
}

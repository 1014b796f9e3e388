import type { agreementMails } from '../domain/index.js';
import type { MailSources } from '../mail-source.js';

/** The subject of these mails is the partner. */
export const agreementSources: MailSources<typeof agreementMails> = {
  'partner-activated': {
    facts: async (reader, { request }) => {
      const { tier } = await reader.one<{ tier: string | null }>(
        `select (select tier from partner_tiers t where t.partner_id = $1 order by from_at desc limit 1) as tier`,
        request.subjectId,
      );
      return tier === null ? {} : { tier };
    },
    attachments: async (reader, { programId, request }) => {
      const { document_sha256: hash } = await reader.one<{ document_sha256: string }>(
        `select document_sha256 from envelopes where partner_id = $1 and state = 'executed'`,
        request.subjectId,
      );
      return [await reader.attachment(programId, hash, 'contract.pdf')];
    },
  },
};

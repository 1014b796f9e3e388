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
  },
};

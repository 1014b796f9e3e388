import type { applicationMails } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

/** The subject of these mails is the application. */
export const applicationSources: MailSources<typeof applicationMails> = {
  'application-received': { facts: statusLink },
  'application-approved': { facts: statusLink },
  'application-expired': { facts: statusLink },
  'application-rejected': {
    facts: async (reader, { request }) => {
      const sql = `select reason from applications where id = $1`;
      const { reason } = await reader.one<{ reason: string | null }>(sql, request.subjectId);
      return reason === null ? {} : { reason };
    },
  },
};

function statusLink(reader: MailFactsReader, { request }: Letter): { statusLink: string } {
  return { statusLink: reader.applicantLink(`/applications/${request.subjectId}`, request.subjectId) };
}

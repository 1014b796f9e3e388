import type { holdMails } from '../domain/hold-mails.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

/** The subject of these mails is the program; how many holds wait comes with the request. */
export const holdSources: MailSources<typeof holdMails> = {
  'line-holds-placed': { facts: (reader, letter) => waiting(reader, letter, 'open') },
  'line-holds-overdue': { facts: (reader, letter) => waiting(reader, letter, 'overdue') },
};

function waiting(reader: MailFactsReader, { request }: Letter, state: string) {
  const link = reader.api(`/holds?programId=${request.subjectId}&state=${state}`);
  return { count: Number(request.details?.['count']), link };
}

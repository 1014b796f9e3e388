import type { suspensionMails } from '../domain/suspension-mails.js';
import type { FactsOf } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

type Suspension = FactsOf<(typeof suspensionMails)['partner-suspended']>;

/** The subject of these mails is the partner; the cause comes with the request. */
export const suspensionSources: MailSources<typeof suspensionMails> = {
  'partner-suspended': { facts: suspension },
  'partner-suspension-ended': {
    facts: async (reader, letter) => ({
      ...(await suspension(reader, letter)),
      causesLeft: Number(letter.request.details?.['causesLeft']),
    }),
  },
};

async function suspension(reader: MailFactsReader, { request }: Letter): Promise<Suspension> {
  const { partner, reference } = await reader.one<{ partner: string | null; reference: string }>(
    `select per.name as partner, p.reference from partners p join persons per on per.id = p.person_id where p.id = $1`,
    request.subjectId,
  );
  return { partner: partner ?? reference, cause: request.details?.['cause'] as Suspension['cause'] };
}

import type { FactsOf, payeeMails } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

type Stage = FactsOf<(typeof payeeMails)['payout-details-change']>['stage'];

/** The subject of these mails is the partner; what has happened comes with the request. */
export const payeeSources: MailSources<typeof payeeMails> = {
  'payout-details-change': {
    facts: async (reader, letter) => ({
      ...(await payee(reader, letter)),
      stage: letter.request.details?.['stage'] as Stage,
    }),
  },
  'payout-details-waiting': { facts: payee },
};

async function payee(reader: MailFactsReader, { request }: Letter): Promise<{ partner: string }> {
  const { partner, reference } = await reader.one<{ partner: string | null; reference: string }>(
    `select per.name as partner, p.reference from partners p join persons per on per.id = p.person_id where p.id = $1`,
    request.subjectId,
  );
  return { partner: partner ?? reference };
}

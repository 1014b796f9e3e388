import type { payoutMails } from '../domain/index.js';
import type { MailSources } from '../mail-source.js';

interface ItemRow {
  amount_minor: string;
  currency: string;
  state_since: Date;
}

/** The subject of these mails is the payout item. */
export const payoutSources: MailSources<typeof payoutMails> = {
  'remittance-advice': {
    facts: async (reader, { program, request }) => {
      const sql = `select amount_minor, currency, state_since from payout_items where id = $1`;
      const item = await reader.one<ItemRow>(sql, request.subjectId);
      return {
        amountMinor: BigInt(item.amount_minor),
        currency: item.currency,
        settledAt: item.state_since,
        timeZone: program.timeZone,
        link: reader.api(`/payout-items/${request.subjectId}/remittance-advice`),
      };
    },
    attachments: async (reader, { programId, request }) => {
      const sql = `select remittance_sha256 from payout_items where id = $1`;
      const { remittance_sha256: hash } = await reader.one<{ remittance_sha256: string | null }>(
        sql,
        request.subjectId,
      );
      return hash === null ? [] : [await reader.attachment(programId, hash, 'remittance-advice.pdf')];
    },
  },
};

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
      const sql = `select item.remittance_sha256 as advice, invoice.document_sha256 as invoice
        from payout_items item
        left join self_billing_papers invoice on invoice.item_id = item.id and invoice.kind = 'invoice'
        where item.id = $1`;
      const hashes = await reader.one<{ advice: string | null; invoice: string | null }>(sql, request.subjectId);
      const files = [
        [hashes.advice, 'remittance-advice.pdf'],
        [hashes.invoice, 'self-billing-invoice.pdf'],
      ] as const;
      const kept = files.flatMap(([sha256, name]) => (sha256 === null ? [] : [{ sha256, name }]));
      return Promise.all(kept.map(({ sha256, name }) => reader.attachment(programId, sha256, name)));
    },
  },
};

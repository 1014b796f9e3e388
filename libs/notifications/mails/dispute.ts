import type { disputeMails } from '../domain/dispute-mails.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

interface DisputeRow {
  partner: string | null;
  reference: string;
  due_at: Date;
  state: string;
  answer: string | null;
  adjustment_minor: string | null;
  currency: string | null;
}

const selectDispute = `select per.name as partner, p.reference, d.due_at, d.state, d.answer, d.adjustment_minor, d.currency
  from disputes d join partners p on p.id = d.partner_id join persons per on per.id = p.person_id where d.id = $1`;

/** The subject of these mails is the dispute. */
export const disputeSources: MailSources<typeof disputeMails> = {
  'dispute-opened': { facts: dispute },
  'dispute-reminder': {
    facts: async (reader, letter) => ({
      ...(await dispute(reader, letter)),
      isOverdue: letter.request.details?.['isOverdue'] === 1,
    }),
  },
  'dispute-answered': {
    facts: async (reader, { request }) => {
      const row = await reader.one<DisputeRow>(selectDispute, request.subjectId);
      return {
        outcome: row.state === 'upheld' ? 'upheld' : 'rejected',
        answer: row.answer ?? '',
        adjustmentMinor: row.adjustment_minor === null ? undefined : BigInt(row.adjustment_minor),
        currency: row.currency ?? '',
        link: reader.api(`/disputes/${request.subjectId}`),
      };
    },
  },
};

async function dispute(reader: MailFactsReader, { program, request }: Letter) {
  const row = await reader.one<DisputeRow>(selectDispute, request.subjectId);
  return {
    partner: row.partner ?? row.reference,
    dueAt: row.due_at,
    timeZone: program.timeZone,
    link: reader.api(`/disputes/${request.subjectId}`),
  };
}

import type { negotiationMails } from '../domain/index.js';
import type { MailSources } from '../mail-source.js';

interface ProposalRow {
  side: 'company' | 'partner';
  partner: string | null;
  application_id: string;
}

const selectProposal = `select p.side, per.name as partner, n.application_id from proposals p
  join negotiations n on n.id = p.negotiation_id join partners prt on prt.id = n.partner_id
  join persons per on per.id = prt.person_id
  where n.id = $1 and p.number = $2`;

/** The subject of these mails is the negotiation; `details.number` is the round's. */
export const negotiationSources: MailSources<typeof negotiationMails> = {
  'terms-proposed': {
    facts: async (reader, { program, request }) => {
      const round = Number(request.details?.['number']);
      const proposal = await reader.one<ProposalRow>(selectProposal, request.subjectId, round);
      const path = `/negotiations/${request.subjectId}`;
      if (proposal.side === 'partner') {
        const proposedBy = proposal.partner ?? 'Partner';
        return { recipient: 'company', proposedBy, round, link: reader.api(path) };
      }
      // The partner's right to read comes with its link; the company's people have tokens of their own.
      const link = reader.applicantLink(path, proposal.application_id);
      return { recipient: 'partner', proposedBy: program.company, round, link };
    },
  },
};

import { isId } from '../../kernel/ids.js';
import type { negotiationMails } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

interface NegotiationFacts {
  application_id: string;
  partner: string | null;
  current_number: number;
  due_at: Date | null;
  reason: string | null;
}

const selectNegotiation = `select n.application_id, per.name as partner, n.current_number, n.due_at, n.reason
  from negotiations n join partners prt on prt.id = n.partner_id join persons per on per.id = prt.person_id
  where n.id = $1`;

/** A change of an agreement that waits for approval has no rounds yet, and no deadline. */
const selectAmendment = `select prt.application_id, per.name as partner, 0 as current_number, null as due_at, null as reason
  from agreement_amendments m join partners prt on prt.id = m.partner_id join persons per on per.id = prt.person_id
  where m.id = $1`;

/** The subject of these mails is the negotiation; `details.number` is the round's. */
export const negotiationSources: MailSources<typeof negotiationMails> = {
  'terms-proposed': {
    facts: async (reader, letter) => {
      const recipient = isForPartner(letter) ? 'partner' : 'company';
      const { side: proposedBy, ...news } = await newsOf(reader, letter);
      return { recipient, proposedBy, ...news };
    },
  },
  'terms-retracted': {
    facts: async (reader, letter) => {
      const standing = numberIn(letter, 'standing');
      return { ...(await newsOf(reader, letter, standing)), standing };
    },
  },
  'terms-expiring': { facts: newsOf },
  'negotiation-withdrawn': {
    facts: async (reader, letter) => {
      const { reason } = await reader.one<NegotiationFacts>(selectNegotiation, letter.request.subjectId);
      const { side } = await newsOf(reader, letter);
      return { side, ...(reason === null ? {} : { reason }) };
    },
  },
  'negotiation-lapsed': { facts: newsOf },
  'negotiation-commented': {
    facts: async (reader, letter) => {
      const { side, round } = await newsOf(reader, letter);
      const { application_id: applicationId } = await factsOf(reader, letter);
      return { side, round, link: linkTo(reader, letter, applicationId, '/comments') };
    },
  },
  'approval-wanted': {
    facts: async (reader, letter) => {
      const { subjectId } = letter.request;
      const isAmendment = isId('amd', subjectId);
      const { partner, due_at: dueAt } = isAmendment
        ? await reader.one<NegotiationFacts>(selectAmendment, subjectId)
        : await factsOf(reader, letter);
      const approvalId = String(letter.request.details?.['approvalId']);
      const sql = `select move from internal_approvals where id = $1`;
      const { move } = await reader.one<{ move: 'proposal' | 'acceptance' }>(sql, approvalId);
      const link = reader.api(`/${isAmendment ? 'amendments' : 'negotiations'}/${subjectId}/internal-approvals`);
      return { move, partner: partner ?? 'Partner', link, ...deadlineOf(letter, dueAt) };
    },
  },
};

function factsOf(reader: MailFactsReader, { request }: Letter): Promise<NegotiationFacts> {
  return reader.one<NegotiationFacts>(selectNegotiation, request.subjectId);
}

/** The other side's name, the round, where it is read, and until when an answer to the version on the table counts. */
async function newsOf(
  reader: MailFactsReader,
  letter: Letter,
  onTable = numberIn(letter, 'number'),
): Promise<{ side: string; round: number; link: string; answerBy?: { at: Date; timeZone: string } }> {
  const {
    application_id: applicationId,
    partner,
    current_number: current,
    due_at: dueAt,
  } = await factsOf(reader, letter);
  return {
    side: isForPartner(letter) ? letter.program.company : (partner ?? 'Partner'),
    round: numberIn(letter, 'number'),
    link: linkTo(reader, letter, applicationId, ''),
    // By the time the mail leaves, another version may be on the table: its deadline is not this one's.
    ...(current === onTable ? deadlineOf(letter, dueAt) : {}),
  };
}

/** The partner's right to read comes with its link; the company's people have tokens of their own. */
function linkTo(reader: MailFactsReader, letter: Letter, applicationId: string, path: string): string {
  const address = `/negotiations/${letter.request.subjectId}${path}`;
  return isForPartner(letter) ? reader.applicantLink(address, applicationId) : reader.api(address);
}

function isForPartner({ request }: Letter): boolean {
  return 'personId' in request.to;
}

function numberIn({ request }: Letter, detail: string): number {
  return Number(request.details?.[detail]);
}

function deadlineOf({ program }: Letter, dueAt: Date | null): { answerBy?: { at: Date; timeZone: string } } {
  return dueAt === null ? {} : { answerBy: { at: dueAt, timeZone: program.timeZone } };
}

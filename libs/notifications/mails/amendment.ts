import type { AmendmentCause } from '../../agreements/domain/index.js';
import type { AmendmentFacts } from '../domain/amendment-mails.js';
import type { amendmentMails, FactsOf } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

interface AmendmentRow {
  id: string;
  side: 'company' | 'partner';
  application_id: string;
  partner: string | null;
  reference: string;
  version: number;
  due_at: Date | null;
  terms_hash: string;
  canonical: string;
  notice_document_sha256: string | null;
}

const selectAmendment = `select m.id, m.side, p.application_id, per.name as partner, p.reference, v.version, n.due_at, m.terms_hash,
    t.canonical, m.notice_document_sha256
  from agreement_amendments m join partners p on p.id = m.partner_id join persons per on per.id = p.person_id
  join agreement_versions v on v.id = m.base_version_id
  join terms_documents t on t.program_id = m.program_id and t.hash = m.terms_hash
  left join negotiations n on n.id = m.negotiation_id`;

type EndedFacts = FactsOf<(typeof amendmentMails)['amendment-ended']>;

/** What the mails say of each end; an end that they are not sent for is told as one of the agreement. */
const whys: Readonly<Partial<Record<AmendmentCause, EndedFacts['why']>>> = {
  notice_withdrawn: 'withdrawn',
  no_change: 'unchanged',
  envelope_declined: 'declined',
  envelope_voided: 'voided',
  envelope_expired: 'expired',
  agreement_terminated: 'terminated',
};

/** The subject of the first is the negotiation, that of the others the agreement; `details.amendmentId` names the change. */
export const amendmentSources: MailSources<typeof amendmentMails> = {
  'amendment-proposed': {
    facts: async (reader, letter) => {
      const row = await reader.one<AmendmentRow>(
        `${selectAmendment} where m.negotiation_id = $1`,
        letter.request.subjectId,
      );
      const { side: proposedBy, version, due_at: answerBy } = row;
      return { ...aboutRow(reader, letter, row), proposedBy, version, ...(answerBy && { answerBy }) };
    },
  },
  'change-notice': {
    facts: async (reader, letter) => {
      const { mayObject } = letter.request.details ?? {};
      return {
        ...(await aboutAmendment(reader, letter)),
        at: instantOf(letter, 'effectiveFrom'),
        ...(mayObject === 1 && { objectBy: instantOf(letter, 'endsAt') }),
      };
    },
    attachments: async (reader, letter) => {
      const { notice_document_sha256: redline, canonical } = await rowOf(reader, letter);
      if (redline === null) throw new Error('a notice of change has no document');
      const terms = {
        fileName: 'terms.json',
        contentType: 'application/json',
        content: new TextEncoder().encode(canonical),
      };
      return [await reader.attachment(letter.programId, redline, 'changes.pdf'), terms];
    },
  },
  'change-objected': { facts: aboutAmendment },
  'amendment-in-force': {
    facts: async (reader, letter) => ({
      ...(await aboutAmendment(reader, letter)),
      version: Number(letter.request.details?.['version']),
      at: instantOf(letter, 'effectiveFrom'),
    }),
  },
  'amendment-ended': {
    facts: async (reader, letter) => ({
      ...(await aboutAmendment(reader, letter)),
      why: whys[letter.request.details?.['cause'] as AmendmentCause] ?? 'ended',
    }),
  },
};

function rowOf(reader: MailFactsReader, { request }: Letter): Promise<AmendmentRow> {
  return reader.one<AmendmentRow>(`${selectAmendment} where m.id = $1`, request.details?.['amendmentId']);
}

async function aboutAmendment(reader: MailFactsReader, letter: Letter): Promise<AmendmentFacts> {
  return aboutRow(reader, letter, await rowOf(reader, letter));
}

/** The partner's right to read comes with its link; the company's people have tokens of their own. */
function aboutRow(reader: MailFactsReader, { program, request }: Letter, row: AmendmentRow): AmendmentFacts {
  const path = `/amendments/${row.id}`;
  const link = 'role' in request.to ? reader.api(path) : reader.applicantLink(path, row.application_id);
  return { company: program.company, partner: row.partner ?? row.reference, timeZone: program.timeZone, link };
}

function instantOf({ request }: Letter, name: string): Date {
  return new Date(String(request.details?.[name]));
}

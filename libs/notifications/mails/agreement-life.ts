import type { agreementLifeMails, AgreementFacts } from '../domain/agreement-life-mails.js';
import { lastNoticeAt, termRulesOf, type Terms } from '../../agreements/domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

interface AgreementRow {
  application_id: string;
  partner: string | null;
  reference: string;
}

const selectAgreement = `select p.application_id, per.name as partner, p.reference from agreements a
  join partners p on p.id = a.partner_id join persons per on per.id = p.person_id where a.id = $1`;

/** The terms of the newest version that has begun. */
const selectTerms = `select t.canonical from agreement_versions v
  join terms_documents t on t.program_id = v.program_id and t.hash = v.terms_hash
  where v.agreement_id = $1 order by v.effective_from <= now() desc, v.version desc limit 1`;

/** The subject of these mails is the agreement; instants and causes come with the request. */
export const agreementLifeSources: MailSources<typeof agreementLifeMails> = {
  'agreement-notice': {
    facts: async (reader, letter) => {
      const at = instantOf(letter, 'at');
      const outcome = letter.request.details?.['outcome'] as 'renews' | 'ends' | 'awaits_consent';
      const facts = { ...(await aboutAgreement(reader, letter)), outcome, at };
      if (outcome !== 'renews') return facts;
      const { canonical } = await reader.one<{ canonical: string }>(selectTerms, letter.request.subjectId);
      const last = lastNoticeAt(at, termRulesOf(JSON.parse(canonical) as Terms));
      const { is_open: isOpen } = await reader.one<{ is_open: boolean }>(
        `select $1::timestamptz > now() as is_open`,
        last,
      );
      return isOpen ? { ...facts, lastNoticeAt: last } : facts;
    },
  },
  'agreement-renewed': {
    facts: async (reader, letter) => ({
      ...(await aboutAgreement(reader, letter)),
      from: instantOf(letter, 'startedAt'),
      until: instantOf(letter, 'endsAt'),
    }),
  },
  'agreement-renewal-offered': {
    facts: async (reader, letter) => ({
      ...(await aboutAgreement(reader, letter)),
      recipient: isForCompany(letter) ? 'company' : 'partner',
      from: instantOf(letter, 'termFrom'),
      until: instantOf(letter, 'termUntil'),
    }),
  },
  'agreement-renewal-declined': {
    facts: async (reader, letter) => ({
      ...(await aboutAgreement(reader, letter)),
      side: sideOf(letter),
      at: instantOf(letter, 'endsAt'),
    }),
  },
  'agreement-termination-given': {
    facts: async (reader, letter) => ({
      ...(await aboutAgreement(reader, letter)),
      side: sideOf(letter),
      kind: letter.request.details?.['kind'] === 'for_cause' ? 'for_cause' : 'ordinary',
      at: instantOf(letter, 'effectiveAt'),
    }),
  },
  'agreement-termination-taken-back': {
    facts: async (reader, letter) => ({
      ...(await aboutAgreement(reader, letter)),
      side: sideOf(letter),
      ...(letter.request.details?.['endsAt'] !== undefined && { at: instantOf(letter, 'endsAt') }),
    }),
  },
  'agreement-ended': {
    facts: async (reader, letter) => ({
      ...(await aboutAgreement(reader, letter)),
      at: instantOf(letter, 'endsAt'),
      cause: letter.request.details?.['cause'] as 'term' | 'no_consent' | 'notice' | 'for_cause',
    }),
  },
  'agreement-checkpoint': {
    facts: async (reader, letter) => ({
      ...(await aboutAgreement(reader, letter)),
      obligations: String(letter.request.details?.['obligations']),
    }),
  },
};

/** The partner's right to read comes with its link; the company's people have tokens of their own. */
async function aboutAgreement(reader: MailFactsReader, letter: Letter): Promise<AgreementFacts> {
  const { program, request } = letter;
  const row = await reader.one<AgreementRow>(selectAgreement, request.subjectId);
  const path = `/agreements/${request.subjectId}`;
  const link = isForCompany(letter) ? reader.api(path) : reader.applicantLink(path, row.application_id);
  return { partner: row.partner ?? row.reference, timeZone: program.timeZone, link };
}

function isForCompany({ request }: Letter): boolean {
  return 'role' in request.to;
}

function sideOf({ request }: Letter): 'company' | 'partner' {
  return request.details?.['side'] === 'partner' ? 'partner' : 'company';
}

function instantOf({ request }: Letter, name: string): Date {
  return new Date(String(request.details?.[name]));
}

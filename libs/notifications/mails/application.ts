import { rejectReasonText } from '../../programs/index.js';
import type { applicationMails } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSources } from '../mail-source.js';

/** The subject of these mails is the application, unless a source says otherwise. */
export const applicationSources: MailSources<typeof applicationMails> = {
  'application-verification': {
    facts: async (reader, { request, program: { timeZone } }) => {
      const sql = `select verify_due_at as until from applications where id = $1`;
      const { until } = await reader.one<{ until: Date }>(sql, request.subjectId);
      return { until, timeZone, link: reader.verificationLink(request.subjectId) };
    },
  },
  'application-received': { facts: statusLink },
  'application-approved': { facts: statusLink },
  'application-expired': { facts: statusLink },
  'application-rejected': {
    facts: async (reader, { request, program, language }) => {
      const sql = `select reason, reason_code from applications where id = $1`;
      const row = await reader.one<{ reason: string | null; reason_code: string | null }>(sql, request.subjectId);
      const named = row.reason_code === null ? undefined : rejectReasonText(program.review, row.reason_code, language);
      const told = [named, row.reason].filter((text) => typeof text === 'string');
      return told.length === 0 ? {} : { reason: [...new Set(told)].join(' ') };
    },
  },
  // The subject is the request.
  'application-information-requested': {
    facts: async (reader, { request, program: { timeZone } }) => {
      const row = await reader.one<{ application_id: string; question: string | null; until: Date }>(
        `select r.application_id, m.text as question, r.due_at as until from information_requests r
           join information_messages m on m.id = r.question_id where r.id = $1`,
        request.subjectId,
      );
      const { application_id: id, question, until } = row;
      const path = `/applications/${id}/information-requests`;
      return { question: question ?? '', until, timeZone, link: reader.applicantLink(path, id) };
    },
  },
  'application-information-answered': {
    facts: (reader, { request }) => ({ round: Number(request.details?.['round']), link: reviewLink(reader, request) }),
  },
  // The subject is the reference, and so is the person who gets the mail.
  'application-reference': {
    facts: async (reader, { request, program: { timeZone, company } }) => {
      const row = await reader.one<{ applicant: string | null; until: Date }>(
        `select p.name as applicant, r.due_at as until from application_references r
           join applications a on a.id = r.application_id join persons p on p.id = a.person_id where r.id = $1`,
        request.subjectId,
      );
      const link = reader.referenceLink(request.subjectId);
      return { applicant: row.applicant ?? company, company, until: row.until, timeZone, link };
    },
  },
  'application-review-reminder': {
    facts: async (reader, letter) => ({
      number: Number(letter.request.details?.['number']),
      ...(await decisionDue(reader, letter)),
    }),
  },
  'application-review-escalated': { facts: decisionDue },
};

function statusLink(reader: MailFactsReader, { request }: Letter): { statusLink: string } {
  return { statusLink: reader.applicantLink(`/applications/${request.subjectId}`, request.subjectId) };
}

/** The company's people have tokens of their own: their links hold no right. */
function reviewLink(reader: MailFactsReader, { subjectId }: Letter['request']): string {
  return reader.api(`/applications/${subjectId}/review`);
}

async function decisionDue(
  reader: MailFactsReader,
  { request, program: { timeZone } }: Letter,
): Promise<{ until: Date; timeZone: string; link: string }> {
  const sql = `select decision_due_at as until from applications where id = $1`;
  const { until } = await reader.one<{ until: Date }>(sql, request.subjectId);
  return { until, timeZone, link: reviewLink(reader, request) };
}

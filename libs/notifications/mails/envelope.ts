import { challengeSubject } from '../../platform/index.js';
import { elapsedMs } from '../../kernel/elapsed.js';
import type { envelopeMails } from '../domain/index.js';
import type { MailFactsReader } from '../mail-facts.js';
import type { Letter, MailSource, MailSources } from '../mail-source.js';

const msPerMinute = 60_000;

const partnerDeadline: MailSource<{ link: string; at: Date; timeZone: string }> = {
  facts: async (reader, letter) => ({
    link: reader.signingLink(letter.request),
    ...(await instantOf(reader, letter, 'expires_at')),
  }),
};

const companyDeadline = (
  column: 'expires_at' | 'countersign_due_at',
): MailSource<{ link: string; at: Date; timeZone: string }> => ({
  facts: async (reader, letter) => ({
    link: envelopeLink(reader, letter),
    ...(await instantOf(reader, letter, column)),
  }),
});

const aboutSigner: MailSource<{ signer: string; link: string }> = {
  facts: async (reader, letter) => {
    const sql = `select coalesce(p.name, r.role, r.id) as signer from envelope_recipients r left join persons p on p.id = r.person_id where r.id = $1`;
    const { signer } = await reader.one<{ signer: string }>(sql, letter.request.details?.['recipientId']);
    return { signer, link: envelopeLink(reader, letter) };
  },
};

const papers = {
  facts: () => ({}),
  attachments: async (reader, { programId, request }) => {
    const sql = `select coalesce(timestamped_sha256, sealed_sha256, document_sha256) as contract, certificate_sha256 as evidence from envelopes where id = $1`;
    const { contract, evidence } = await reader.one<{ contract: string; evidence: string | null }>(
      sql,
      request.subjectId,
    );
    return [
      await reader.attachment(programId, contract, 'contract.pdf'),
      ...(evidence === null ? [] : [await reader.attachment(programId, evidence, 'evidence.pdf')]),
    ];
  },
} satisfies MailSource<Record<string, never>>;

/** The subject of these mails is the envelope; the signer that one is about stands in its details. */
export const envelopeSources: MailSources<typeof envelopeMails> = {
  'signing-code': {
    facts: (reader, { program, request }) => ({
      // Derived here and nowhere stored: the code reaches the signer's mailbox and no row.
      code: reader.code(
        challengeSubject(String(request.details?.['recipientId']), Number(request.details?.['number'])),
      ),
      minutes: Math.round(elapsedMs(program.signature.authentication.codeLifetime) / msPerMinute),
    }),
  },
  'signature-expiring': partnerDeadline,
  'countersignature-expiring': companyDeadline('expires_at'),
  'countersignature-overdue': companyDeadline('countersign_due_at'),
  'envelope-extended': companyDeadline('expires_at'),
  'envelope-superseded': { facts: () => ({}) },
  'signature-bounced': aboutSigner,
  'signer-locked': aboutSigner,
  'seal-blocked': {
    facts: (reader, letter) => ({
      isKey: letter.request.details?.['cause'] === 'key_unavailable',
      link: envelopeLink(reader, letter),
    }),
  },
  'signing-stuck': {
    facts: (reader, letter) => ({ step: String(letter.request.details?.['step']), link: envelopeLink(reader, letter) }),
  },
  'contract-executed': {
    ...papers,
    facts: (reader, { request }) => reader.changedByEnvelope(request.subjectId),
  },
  'contract-timestamped': papers,
};

function envelopeLink(reader: MailFactsReader, { request }: Letter): string {
  return reader.api(`/envelopes/${request.subjectId}`);
}

async function instantOf(
  reader: MailFactsReader,
  { program, request }: Letter,
  column: 'expires_at' | 'countersign_due_at',
): Promise<{ at: Date; timeZone: string }> {
  const sql = `select ${column} as at from envelopes where id = $1`;
  const { at } = await reader.one<{ at: Date }>(sql, request.subjectId);
  return { at, timeZone: program.timeZone };
}

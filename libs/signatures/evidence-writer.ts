import { Injectable } from '@nestjs/common';
import { ApplicationsService } from '../partners/index.js';
import { ProgramsService } from '../programs/index.js';
import { sealFields } from '../seals/index.js';
import type { ChainedFact, EvidenceDocument, EvidenceSigner, Party } from './domain/index.js';
import { maskedAddress, signingProcess } from './domain/index.js';
import { EnvelopeLog } from './envelope-log.js';
import type { EnvelopeRow, RecipientRow } from './envelope-rows.js';

/** After one of these the certificate is written; what comes later is no part of it, so that a repeat writes the same. */
const lastSteps = ['sealed', 'timestamped', 'timestamp_pending'];

/** As many as a certificate holds; the log itself tells of them all. */
const mostDeliveries = 1_000;

const deliveryFacts: Readonly<Record<string, string>> = {
  asked: 'asked',
  mail_sent: 'sent',
  mail_delivered: 'delivered',
  mail_bounced: 'bounced',
  opened: 'opened',
  viewed: 'viewed',
};

/** Puts together all that proves how a contract came to be signed, from the envelope's rows and its chain of facts. */
@Injectable()
export class EvidenceWriter {
  constructor(
    private readonly programs: ProgramsService,
    private readonly applications: ApplicationsService,
    private readonly log: EnvelopeLog,
  ) {}

  /** The evidence of a sealed contract, and the instant of its last step. The same facts give the same evidence. */
  async write(row: EnvelopeRow): Promise<{ document: EvidenceDocument; at: Date }> {
    const { document: program } = await this.programs.get(row.program_id, row.program_version ?? undefined);
    const { company: organisation } = await this.applications.get(row.application_id);
    const facts = await this.log.read(row.id);
    const last = facts.findLast(({ type }) => lastSteps.includes(type))!;
    const events = facts.slice(0, last.number);
    const consent = await this.log.consent(row.id);
    const applicant = row.recipients.find(({ person_id }) => person_id === row.person_id);
    const signers = row.recipients
      .filter(({ state }) => state === 'signed')
      .map((recipient) => signerOf(recipient, events));
    const document: EvidenceDocument = {
      schema: 'pactline.evidence/1',
      envelopeId: row.id,
      programId: row.program_id,
      partnerId: row.partner_id,
      title: program.name,
      company: program.company,
      partner: organisation ?? applicant?.name ?? row.partner_id,
      termsHash: row.terms_hash,
      language: row.language,
      templateVersion: row.template_version ?? 'unknown',
      documents: {
        d0: row.document_sha256!,
        d1: row.partner_sealed_sha256!,
        d2: row.sealed_sha256!,
        ...(row.timestamped_sha256 === null ? {} : { d3: row.timestamped_sha256 }),
      },
      consent: { ...consent, hash: row.consent_hash ?? '' },
      signers,
      seals: [sealOf(events, 'partner'), sealOf(events, 'company')],
      deliveries: events.flatMap((fact) => deliveryOf(fact, row.recipients, events)).slice(0, mostDeliveries),
      events,
      head: { number: last.number, hash: last.hash },
      process: signingProcess,
    };
    return { document, at: new Date(last.at) };
  }
}

type ProofOfSigner = Pick<EvidenceSigner['authentication'], 'method' | 'target'>;

function signerOf(recipient: RecipientRow, events: readonly ChainedFact[]): EvidenceSigner {
  const own = events.filter(({ data }) => data['recipientId'] === recipient.id);
  const act = own.findLast(({ type }) => type === 'signed')!;
  const intent = events.find(({ number }) => number === act.data['intent']);
  const proof = own.findLast(({ type }) => type === 'authenticated');
  const failures = own.filter(({ type }) => type === 'authentication_failed').length;
  const said = intent?.data ?? {};
  const { id, party, place } = recipient;
  const account = text(said['accountName']);
  const name = recipient.name ?? text(said['typedName']) ?? account ?? recipient.acted_by ?? id;
  const email = recipient.email ?? text(said['accountEmail']);
  const title = recipient.title ?? text(said['title']);
  return {
    id,
    party,
    place,
    name,
    ...(email === undefined ? {} : { email }),
    ...(title === undefined ? {} : { title }),
    authentication: {
      ...proofOf(recipient),
      result: 'proved',
      attempts: Number(proof?.data['attempts'] ?? failures + 1),
    },
    // Of the company's signers nobody asks for a consent, and what they read is known by the hash that they named.
    ...(recipient.viewed_at === null ? {} : { viewedAt: recipient.viewed_at.toISOString() }),
    ...(party === 'company' ? {} : { consentedAt: intent?.at ?? act.at }),
    signedAt: act.at,
    typedName: text(said['typedName']) ?? name,
    mark: text(said['markHash']) ?? 'typed',
    ipAddress: text(said['ipAddress']) ?? '',
    userAgent: text(said['userAgent']) ?? '',
    ...(text(said['timeZone']) === undefined ? {} : { timeZone: text(said['timeZone'])! }),
    documentHash: text(act.data['documentHash']) ?? '',
  };
}

/** A link, a code, or the account that it signed with; with an account and a code it proved both. */
function proofOf({ id, email, acted_by: actor, party, authentication }: RecipientRow): ProofOfSigner {
  const isByAccount = party === 'company' || (actor !== null && actor !== id);
  const target = email === null ? '' : maskedAddress(email);
  if (!isByAccount) return { method: authentication, target };
  if (party === 'company' || authentication === 'link') return { method: 'bearer_token', target: actor ?? target };
  return { method: `bearer_token, ${authentication}`, target: `${actor ?? ''}, ${target}` };
}

function sealOf(events: readonly ChainedFact[], party: Party): EvidenceDocument['seals'][number] {
  const fact = events.find(
    ({ data }) => data['field'] === sealFields[party] && data['certificateSha256'] !== undefined,
  );
  if (!fact) throw new Error(`the chain tells of no seal of the ${party}`);
  const { certificateSha256, algorithm, documentHash } = fact.data as Record<string, string>;
  return {
    party,
    field: sealFields[party],
    certificateSha256: certificateSha256!,
    algorithm: algorithm!,
    documentHash: documentHash!,
  };
}

function deliveryOf(
  fact: ChainedFact,
  recipients: readonly RecipientRow[],
  events: readonly ChainedFact[],
): EvidenceDocument['deliveries'] {
  const { type, data, at } = fact;
  const state = deliveryFacts[type];
  const recipient = recipients.find(({ id }) => id === data['recipientId']);
  if (state === undefined || !recipient) return [];
  const current = recipient.email === null ? (recipient.role ?? '') : maskedAddress(recipient.email);
  const address = addressOf(fact, events) ?? current;
  return [{ recipient: recipient.id, address, what: text(data['template']) ?? 'contract', state, at }];
}

/**
 * Where the recipient had been asked when this came about: by the same link where the fact names one, else last before. Its address may
 * have been corrected since, and nothing came back from, or arrived at, the new one before.
 */
function addressOf({ number, data }: ChainedFact, events: readonly ChainedFact[]): string | undefined {
  const asked = events.filter(
    ({ type, data: told }) => type === 'asked' && told['recipientId'] === data['recipientId'],
  );
  const generation = data['generation'];
  const request =
    asked.findLast((each) => generation !== undefined && each.data['generation'] === generation) ??
    asked.findLast((each) => each.number <= number);
  return text(request?.data['target']);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

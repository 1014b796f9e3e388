import { termsHash } from '../../libs/agreements/domain/index.js';
import { documentTemplateVersion } from '../../libs/documents/index.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { renderEvidence, sealFields, sealPdf, type SealKey } from '../../libs/seals/index.js';
import {
  chainStart,
  factHash,
  type ChainedFact,
  type EnvelopeFact,
  type EvidenceDocument,
  type EvidenceSigner,
} from '../../libs/signatures/domain/index.js';
import { everyKindTerms } from './documents.js';
import { sealTime, testKey } from './seals.js';

const envelopeId = 'env_0198f3c2a4b57d108000000000000001';

/** The versions of a contract whose evidence is told. */
export interface ContractVersions {
  d0: Uint8Array;
  d1: Uint8Array;
  d2: Uint8Array;
  d3?: Uint8Array;
}

/** The evidence of a contract that two people signed, one after the other. */
export function evidenceOf(
  versions: ContractVersions,
  certificateSha256: string = testCertificateSha256,
): EvidenceDocument {
  const { d0, d1, d2 } = versions;
  const documents = {
    d0: sha256(d0),
    d1: sha256(d1),
    d2: sha256(d2),
    ...(versions.d3 && { d3: sha256(versions.d3) }),
  };
  const events = chained(facts(documents));
  const consentText = 'I agree to sign this agreement electronically, and that my act binds me as one on paper would.';
  const seal = { certificateSha256, algorithm: 'RSA with SHA-256' };
  return {
    schema: 'pactline.evidence/1',
    envelopeId,
    programId: 'prg_0198f3c2a4b57d108000000000000002',
    partnerId: 'prt_0198f3c2a4b57d108000000000000003',
    title: 'Partner agreement: Crescent Records Partners, Ada Perry',
    company: 'Crescent Records Ltd.',
    partner: 'Ada Perry, Perry Reviews',
    termsHash: termsHash(everyKindTerms),
    language: 'en',
    templateVersion: documentTemplateVersion,
    documents,
    consent: { version: '2026-01', text: consentText, hash: sha256(consentText) },
    signers: [partnerSigner(documents.d0), companySigner(documents.d1)],
    seals: [
      { party: 'partner', field: sealFields.partner, documentHash: documents.d1, ...seal },
      { party: 'company', field: sealFields.company, documentHash: documents.d2, ...seal },
    ],
    deliveries: [
      {
        recipient: 'Ada Perry',
        address: 'a••@perry.example',
        what: 'Invitation to sign',
        state: 'delivered',
        at: '2026-03-01T09:31:00.000Z',
      },
    ],
    events,
    head: { number: events.length, hash: events.at(-1)!.hash },
    process:
      'The terms were agreed in the platform and rendered as a document, which did not change from then on.\nThe signer got a personal link by email, proved by a code who signs, was shown the whole document, agreed to sign electronically, typed their name and pressed the button to sign.',
  };
}

/** The evidence certificate with the company's seal. */
export async function sealedEvidence(document: EvidenceDocument, key: SealKey = testKey): Promise<Buffer> {
  const request = { field: sealFields.company, name: document.company, reason: 'Evidence', at: sealTime };
  return sealPdf(await renderEvidence(document), request, key);
}

/** SHA-256 of the test key's certificate, as evidence names it. */
export const testCertificateSha256 = sha256(testKey.certificates[0]!);

/** The facts with their numbers' hashes, each following the one before. */
export function chained(list: readonly EnvelopeFact[]): ChainedFact[] {
  let previousHash = chainStart;
  return list.map((fact) => {
    const hash = factHash(fact, previousHash);
    const link = { ...fact, previousHash, hash };
    previousHash = hash;
    return link;
  });
}

function facts(documents: EvidenceDocument['documents']): EnvelopeFact[] {
  const list: [type: string, at: string, actorId: string, data: Record<string, unknown>][] = [
    ['frozen', '2026-03-01T09:30:00.000Z', 'legal@crescent.example', { documentHash: documents.d0 }],
    ['sent', '2026-03-01T09:31:00.000Z', 'system', { recipient: 'rcp_1' }],
    ['viewed', '2026-03-01T09:50:12.000Z', 'rcp_1', { documentHash: documents.d0 }],
    ['partner_signed', '2026-03-01T10:00:00.000Z', 'rcp_1', { documentHash: documents.d0 }],
    ['awaiting_countersign', '2026-03-01T10:00:01.000Z', 'system', { documentHash: documents.d1 }],
    ['countersigned', '2026-03-01T11:00:00.000Z', 'rcp_2', { documentHash: documents.d1 }],
    ['sealing', '2026-03-01T11:00:02.000Z', 'system', { documentHash: documents.d2 }],
  ];
  return list.map(([type, at, actorId, data], index) => ({ envelopeId, number: index + 1, type, at, actorId, data }));
}

function partnerSigner(documentHash: string): EvidenceSigner {
  return {
    id: 'rcp_1',
    party: 'partner',
    place: 1,
    name: 'Ada Perry',
    email: 'ada@perry.example',
    title: 'Owner',
    authentication: { method: 'Code by email', target: 'a••@perry.example', result: 'passed', attempts: 1 },
    viewedAt: '2026-03-01T09:50:12.000Z',
    consentedAt: '2026-03-01T09:59:41.000Z',
    signedAt: '2026-03-01T10:00:00.000Z',
    typedName: 'Ada Perry',
    mark: 'typed',
    ipAddress: '203.0.113.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    timeZone: 'Asia/Jakarta',
    documentHash,
  };
}

function companySigner(documentHash: string): EvidenceSigner {
  return {
    ...partnerSigner(documentHash),
    id: 'rcp_2',
    party: 'company',
    name: 'Grace Moore',
    email: 'grace@crescent.example',
    title: 'Head of Legal',
    authentication: { method: 'Company sign-on', target: 'grace@crescent.example', result: 'passed', attempts: 1 },
    viewedAt: '2026-03-01T10:40:00.000Z',
    consentedAt: '2026-03-01T10:59:00.000Z',
    signedAt: '2026-03-01T11:00:00.000Z',
    typedName: 'Grace Moore',
    ipAddress: '198.51.100.20',
    timeZone: 'Europe/Berlin',
  };
}

import { brokenAt, evidenceDocumentSchema, type EvidenceDocument } from '../../signatures/domain/index.js';
import { sha256 } from '../../kernel/sha256.js';
import { evidenceAttachment } from '../evidence/attachment.js';
import { attachmentsOf } from '../pdf/attachments.js';
import { PdfSyntaxError } from '../pdf/lexer.js';
import type { PdfFile } from '../pdf/pdf-file.js';
import { sealFields } from '../seal-fields.js';
import { readCanonicalJson } from './canonical-text.js';
import type { TrustedCertificates } from './certificates.js';
import { Findings } from './findings.js';
import type { SealReport } from './seal.js';
import { checkSealedPdf } from './sealed-pdf.js';
import type { ContractFindings } from './contract-findings.js';

/** What a report tells of an evidence certificate. */
export interface EvidenceReport {
  envelopeId: string;
  termsHash: string;
  documents: EvidenceDocument['documents'];
  head: { number: number; hash: string };
  seal?: SealReport;
}

/**
 * Checks an evidence certificate by itself (its seal, its chain) and against what the contract's own check found. Its
 * findings are told apart by the words "evidence certificate" before them.
 */
export function checkEvidence(
  bytes: Uint8Array,
  contract: ContractFindings,
  trusted: TrustedCertificates,
  findings: Findings,
): EvidenceReport | undefined {
  const own = new Findings();
  const sealed = checkSealedPdf(bytes, { fields: [sealFields.company], trusted }, own);
  if (sealed && sealed.tail.length > 0) {
    own.add('changed-after-last-seal', 'The document was changed after its last seal.');
  }
  for (const { code, message } of own.list) findings.add(code, `In the evidence certificate: ${message}`);
  const document = sealed && readEvidence(sealed.file, findings);
  if (!document) return undefined;
  checkChain(document, findings);
  checkAgainstContract(document, contract, findings);
  const { envelopeId, termsHash, documents, head } = document;
  const [seal] = sealed.seals;
  return { envelopeId, termsHash, documents, head, ...(seal && { seal }) };
}

function readEvidence(file: PdfFile, findings: Findings): EvidenceDocument | undefined {
  const malformed = (why: string): undefined => findings.add('evidence-malformed', `The evidence ${why}.`) as undefined;
  let content: Buffer | undefined;
  try {
    content = attachmentsOf(file)?.get(evidenceAttachment);
  } catch (error) {
    if (!(error instanceof PdfSyntaxError)) throw error;
    return malformed(`cannot be read: ${error.message}`);
  }
  if (!content) return malformed(`is not attached as ${evidenceAttachment}`);
  const read = readCanonicalJson(content);
  if (!read) return malformed('is not in its canonical form');
  const parsed = evidenceDocumentSchema.safeParse(read.value);
  if (!parsed.success) return malformed(`is not a document of its schema (${parsed.error.issues[0]?.path.join('/')})`);
  return parsed.data;
}

function checkChain({ events, head, envelopeId, consent }: EvidenceDocument, findings: Findings): void {
  const broken = brokenAt(events);
  if (broken !== undefined) {
    findings.add('evidence-chain-broken', `The log of events does not hold together at event ${broken}.`);
  }
  if (events.some((event) => event.envelopeId !== envelopeId)) {
    findings.add('evidence-chain-broken', 'The log holds events of another envelope.');
  }
  const last = events.at(-1)!;
  if (last.number !== head.number || last.hash !== head.hash) {
    findings.add('evidence-head-mismatch', 'The log does not end with the event that the evidence names as its last.');
  }
  if (sha256(consent.text) !== consent.hash) {
    findings.add('evidence-malformed', 'The text of the consent is not the one that its hash names.');
  }
}

function checkAgainstContract(document: EvidenceDocument, contract: ContractFindings, findings: Findings): void {
  checkVersions(document, contract, findings);
  const { attached, printed } = contract.termsHash;
  if (document.termsHash !== (attached ?? printed)) {
    findings.add('evidence-terms-mismatch', 'The evidence is about other terms than those of the contract.');
  }
  document.seals.forEach((seal, index) => {
    const found = contract.seals[index];
    const made = [document.documents.d1, document.documents.d2][index];
    const isSame =
      found?.field === seal.field &&
      found.certificate?.sha256 === seal.certificateSha256 &&
      seal.documentHash === made &&
      seal.field === sealFields[seal.party];
    if (!isSame)
      findings.add('evidence-seal-mismatch', `The contract has not the seal ${seal.field} that the evidence tells of.`);
  });
  const shown = { partner: document.documents.d0, company: document.documents.d1 };
  for (const signer of document.signers) {
    if (signer.documentHash !== shown[signer.party]) {
      findings.add(
        'evidence-signer-mismatch',
        `${signer.name} was shown another document than the one that was sealed.`,
      );
    }
  }
}

/** A contract without its last version may lack a time-stamp that the evidence knows of, never the other way round. */
function checkVersions({ documents }: EvidenceDocument, contract: ContractFindings, findings: Findings): void {
  for (const version of ['d0', 'd1', 'd2', 'd3'] as const) {
    const [told, found] = [documents[version], contract.documents[version]];
    if (told === found || (version === 'd3' && (told === undefined || found === undefined))) continue;
    findings.add(
      'evidence-document-mismatch',
      `Version ${version.toUpperCase()} of the contract is not the one of the evidence.`,
    );
  }
}

import { termsHash, type Terms } from '../../agreements/domain/index.js';
import { sha256 } from '../../kernel/sha256.js';
import { attachmentsOf } from '../pdf/attachments.js';
import { FooterReader } from '../pdf/footer-text.js';
import { PdfSyntaxError } from '../pdf/lexer.js';
import { pagesOf } from '../pdf/page-tree.js';
import type { PdfFile } from '../pdf/pdf-file.js';
import type { ContractFindings } from './contract-findings.js';
import { readCanonicalJson } from './canonical-text.js';
import { readCertificates, TrustedCertificates } from './certificates.js';
import { Findings, type Finding } from './findings.js';
import { checkSealedPdf, type SealedPdf } from './sealed-pdf.js';
import { checkTail, type TimestampReport } from './time-stamps.js';
import { checkEvidence, type EvidenceReport } from './evidence.js';
import { sealFields } from '../seal-fields.js';

export interface VerificationOptions {
  /** The evidence certificate that belongs to the contract. */
  evidence?: Uint8Array;
  /** The certificates that seals are trusted by: PEM texts or DER bytes, of the seals themselves or of their issuers. */
  trusted?: readonly (string | Uint8Array)[];
  /** The certificates that time-stamps are trusted by, of the authorities or of their issuers. */
  timestampAuthorities?: readonly (string | Uint8Array)[];
  /** The fields that must be sealed, in this order; both where absent. Before the company's act it is the partner's alone. */
  fields?: readonly string[];
}

/** What a contract's check has found. It is valid exactly when nothing was. */
export interface VerificationReport extends ContractFindings {
  valid: boolean;
  findings: Finding[];
  /** The document time-stamps behind the last seal, where there are any. */
  timestamps: TimestampReport[];
  /** What the evidence certificate says, where one was given and could be read. */
  evidence?: EvidenceReport;
}

/**
 * Checks a sealed contract from its bytes alone: no database, no network, no clock. Whatever it is given, it answers
 * with a report; it throws only for certificates in `trusted` that cannot be read.
 */
export function verifyContract(pdf: Uint8Array, options: VerificationOptions = {}): VerificationReport {
  const findings = new Findings();
  const trusted = new TrustedCertificates((options.trusted ?? []).flatMap(readCertificates));
  const fields = options.fields ?? [sealFields.partner, sealFields.company];
  const sealed = checkSealedPdf(pdf, { fields, trusted }, findings);
  const empty = { seals: [], timestamps: [], termsHash: {}, documents: {} };
  const report: VerificationReport = { valid: false, findings: findings.list, ...empty };
  if (sealed) {
    const authorities = (options.timestampAuthorities ?? []).flatMap(readCertificates);
    report.timestamps = checkTail(sealed.file, sealed.tail, authorities, findings);
    report.seals = sealed.seals;
    report.termsHash = checkTerms(sealed.file, findings);
    report.documents = documentHashes(sealed);
  }
  if (options.evidence) {
    const evidence = checkEvidence(options.evidence, report, trusted, findings);
    if (evidence) report.evidence = evidence;
  }
  report.valid = findings.list.length === 0;
  return report;
}

function documentHashes({ file, tail }: SealedPdf): VerificationReport['documents'] {
  const versions = file.revisions.slice(0, file.revisions.length - tail.length);
  const [d0, d1, d2] = versions.map(({ end }) => sha256(file.bytes.subarray(0, end)));
  return {
    ...(d0 && { d0 }),
    ...(d1 && { d1 }),
    ...(d2 && { d2 }),
    ...(tail.length > 0 && { d3: sha256(file.bytes) }),
  };
}

/** The hash printed on every page must be that of the attached terms. */
function checkTerms(file: PdfFile, findings: Findings): VerificationReport['termsHash'] {
  try {
    const printed = printedHash(file, findings);
    const attached = attachedHash(file, findings);
    if (printed !== undefined && attached !== undefined && printed !== attached) {
      findings.add('terms-hash-mismatch', 'The printed terms hash is not that of the attached terms.');
    }
    return { ...(printed !== undefined && { printed }), ...(attached !== undefined && { attached }) };
  } catch (error) {
    if (!(error instanceof PdfSyntaxError)) throw error;
    findings.add('malformed-document', `The document cannot be read: ${error.message}.`);
    return {};
  }
}

function printedHash(file: PdfFile, findings: Findings): string | undefined {
  const reader = new FooterReader(file);
  const perPage = pagesOf(file).map((page) => reader.read(page).match(/[0-9a-f]{64}/g) ?? []);
  const hashes = new Set(perPage.flat());
  if (hashes.size === 1 && perPage.every((found) => found.length === 1)) return [...hashes][0];
  findings.add('terms-hash-not-printed', 'The terms hash does not stand once, and the same, on every page.');
  return undefined;
}

function attachedHash(file: PdfFile, findings: Findings): string | undefined {
  const content = attachmentsOf(file)?.get('terms.json');
  if (!content) {
    findings.add('terms-missing', 'The terms are not attached.');
    return undefined;
  }
  const terms = readCanonicalJson(content);
  if (!terms) {
    findings.add('terms-not-canonical', 'The attached terms are not in their canonical form.');
    return undefined;
  }
  return termsHash(terms.value as Terms);
}

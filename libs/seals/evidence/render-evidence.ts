import { frameWidth, page, PageWriter } from '../../documents/index.js';
import { englishInstant } from '../../documents/domain/index.js';
import { canonicalJson } from '../../kernel/canonical-json.js';
import type { EvidenceDocument, EvidenceSigner } from '../../signatures/domain/index.js';
import { sealFields } from '../seal-fields.js';
import { evidenceAttachment } from './attachment.js';
import { Sheet, styles, type Column } from './sheet.js';

/**
 * Renders the evidence certificate of a signed contract as a tagged A4 PDF that a lawyer can read, with the whole
 * document as `evidence.json` attached and one signature field reserved for the company's seal. The bytes depend on the
 * document alone; the instant of its last event stands as creation date.
 */
export async function renderEvidence(document: EvidenceDocument): Promise<Uint8Array> {
  const createdAt = new Date(document.events.at(-1)!.at);
  const writer = new PageWriter({
    title: `Evidence certificate: ${document.title}`,
    author: document.company,
    language: 'en',
    createdAt,
  });
  const sheet = new Sheet(writer);
  writeHead(sheet, document, createdAt);
  sheet.within('What was signed', () => writeVersions(sheet, document));
  sheet.within('Who signed', () => document.signers.forEach((signer) => writeSigner(sheet, document, signer)));
  sheet.within('Seals', () => writeSeals(sheet, document));
  sheet.within('Consent to sign electronically', () => writeConsent(sheet, document));
  sheet.within('Deliveries', () => writeDeliveries(sheet, document));
  sheet.within('Log of events', () => writeLog(sheet, document));
  sheet.within('How signing works here', () => sheet.paragraph(document.process));
  sheet.within('How to check this certificate', () => writeChecks(sheet));
  writeSealArea(sheet, document);
  writer.footers(`Evidence of envelope ${document.envelopeId}`);
  attach(writer, document, createdAt);
  return writer.finish();
}

function attach(writer: PageWriter, document: EvidenceDocument, createdAt: Date): void {
  const attachment = {
    name: evidenceAttachment,
    type: 'application/json',
    description: 'All that this certificate tells, for programs',
    creationDate: createdAt,
    modifiedDate: createdAt,
    relationship: 'Data',
  };
  writer.document.file(Buffer.from(canonicalJson(document)), attachment);
}

function writeHead(sheet: Sheet, document: EvidenceDocument, createdAt: Date): void {
  const { writer } = sheet;
  writer.paragraph(writer.root, 'H1', 'Evidence certificate', styles.title);
  writer.paragraph(writer.root, 'P', document.title, styles.subtitle);
  writer.y += 8;
  sheet.fact('Company', document.company);
  sheet.fact('Partner', document.partner);
  sheet.fact('Envelope', document.envelopeId);
  sheet.fact('Program', document.programId);
  sheet.fact('Partner record', document.partnerId);
  sheet.fact('Terms hash', document.termsHash);
  sheet.fact('Language', `${languages[document.language]}, clauses of version ${document.templateVersion}`);
  sheet.fact('Last event', utc(createdAt));
}

const languages: Readonly<Record<EvidenceDocument['language'], string>> = {
  en: 'English',
  id: 'Indonesian',
  ar: 'Arabic',
};

const hashWidth = 306;

function writeVersions(sheet: Sheet, { documents }: EvidenceDocument): void {
  sheet.paragraph(
    'One document in the versions below, each of which is the one before with something added at its end. A version is named by the SHA-256 of all its bytes.',
  );
  const columns: Column[] = [
    { heading: 'Version', width: frameWidth - hashWidth },
    { heading: 'SHA-256', width: hashWidth },
  ];
  const versions = [
    ['D0: as agreed, before anybody signed', documents.d0],
    ['D1: with the seal after the Partner’s act', documents.d1],
    ['D2: with the seal after the Company’s act', documents.d2],
    ...(documents.d3 ? [['D3: with a time-stamp of an independent authority', documents.d3]] : []),
  ];
  sheet.table(columns, versions);
}

const parties = { partner: 'Partner', company: 'Company' } as const;

function writeSigner(sheet: Sheet, { documents }: EvidenceDocument, signer: EvidenceSigner): void {
  const { authentication } = signer;
  const attempts = `${authentication.attempts} ${authentication.attempts === 1 ? 'attempt' : 'attempts'}`;
  sheet.part(`${signer.name}, for the ${parties[signer.party]}`);
  if (signer.email !== undefined) sheet.fact('Email', signer.email);
  if (signer.title !== undefined) sheet.fact('Title', signer.title);
  sheet.fact('Place in the order', String(signer.place));
  sheet.fact(
    'Authentication',
    `${authentication.method}, ${authentication.target}: ${authentication.result}, ${attempts}`,
  );
  if (signer.viewedAt !== undefined) sheet.fact('Document shown', instantFor(signer, signer.viewedAt));
  if (signer.consentedAt !== undefined) sheet.fact('Consent given', instantFor(signer, signer.consentedAt));
  sheet.fact('Signed', instantFor(signer, signer.signedAt));
  sheet.fact('Typed name', signer.typedName);
  sheet.fact('Mark', signer.mark);
  sheet.fact('Address', signer.ipAddress);
  sheet.fact('Browser', signer.userAgent);
  sheet.fact('Document', `${versionOf(documents, signer.documentHash)}${signer.documentHash}`);
  sheet.fact('Kind of signature', 'Simple electronic signature: the act of the person, as recorded in the log below');
}

function versionOf(documents: EvidenceDocument['documents'], hash: string): string {
  const version = Object.entries(documents).find(([, known]) => known === hash)?.[0];
  return version === undefined ? '' : `${version.toUpperCase()}, `;
}

function writeSeals(sheet: Sheet, { seals, company }: EvidenceDocument): void {
  sheet.paragraph(
    `After each party’s act the platform sealed the document with a key that it holds for ${company}: an electronic seal. It proves that the document is whole and where it comes from. It is not the signature of a person; whose will it records is told above.`,
  );
  for (const seal of seals) {
    sheet.part(`Seal after the ${parties[seal.party]}’s act`);
    sheet.fact('Signature field', seal.field);
    sheet.fact('Algorithm', seal.algorithm);
    sheet.fact('Certificate (SHA-256)', seal.certificateSha256);
    sheet.fact('Document (SHA-256)', seal.documentHash);
  }
}

function writeConsent(sheet: Sheet, { consent }: EvidenceDocument): void {
  sheet.paragraph('Each signer of the Partner agreed to these words before signing:');
  sheet.paragraph(consent.text);
  sheet.fact('Version', consent.version);
  sheet.fact('SHA-256', consent.hash);
}

function writeDeliveries(sheet: Sheet, { deliveries }: EvidenceDocument): void {
  if (deliveries.length === 0) return sheet.paragraph('No message was sent.');
  const columns: Column[] = [
    { heading: 'When (UTC)', width: 98 },
    { heading: 'To', width: 100 },
    { heading: 'Address', width: 110 },
    { heading: 'What', width: frameWidth - 368 },
    { heading: 'State', width: 60 },
  ];
  const rows = deliveries.map(({ at, recipient, address, what, state }) => [
    shortUtc(at),
    recipient,
    address,
    what,
    state,
  ]);
  sheet.table(columns, rows);
}

/** So many events are printed, half of them the first and half the last ones. */
const mostPrintedEvents = 60;

function writeLog(sheet: Sheet, { events, head }: EvidenceDocument): void {
  sheet.paragraph(
    'Each event carries a SHA-256 over itself and over the hash of the event before it. So none can be changed, taken out or put between without changing all that follow, up to the last one, which this sealed certificate holds. What each event tells in full is in the attached evidence.json.',
  );
  const columns: Column[] = [
    { heading: 'No.', width: 24 },
    { heading: 'When (UTC)', width: 96 },
    { heading: 'Event', width: frameWidth - 380 },
    { heading: 'By', width: 98 },
    { heading: 'SHA-256', width: 162 },
  ];
  const rows = events.map(({ number, at, type, actorId, hash }) => [
    String(number),
    shortUtc(at),
    type.replaceAll('_', ' '),
    actorId,
    hash,
  ]);
  // A log of hundreds of reminders is read by no person: its middle is told by the attachment alone.
  const left = Math.max(0, rows.length - mostPrintedEvents);
  const half = mostPrintedEvents / 2;
  sheet.table(columns, left === 0 ? rows : rows.slice(0, half));
  if (left > 0) {
    sheet.paragraph(`The ${left} events that follow stand in the attached evidence.json, in full as all of them do.`);
    sheet.table(columns, rows.slice(-half));
  }
  sheet.fact('Last event', `${head.number}, ${head.hash}`);
}

function writeChecks(sheet: Sheet): void {
  sheet.paragraph(
    'The contract and this certificate can be checked without asking the platform: a PDF reader shows the seals of both and whether anything was added after them, and the SHA-256 of the contract’s file must be that of its last version above.\nPactline’s own check goes further: npm run verify -- CONTRACT.pdf --evidence CERTIFICATE.pdf compares every version, seal and event with this certificate, and the printed terms with the attached ones.',
  );
}

const sealHeight = 36;

function writeSealArea(sheet: Sheet, { company }: EvidenceDocument): void {
  const { writer } = sheet;
  sheet.within(`Sealed for ${company}`, () => {
    writer.keep(sealHeight + 4);
    const box = { x: page.left, y: writer.y, width: frameWidth / 2, height: sealHeight };
    writer.signatureField(sheet.node, { name: sealFields.company, description: 'Seal of the company' }, box);
    writer.y += sealHeight;
  });
}

function utc(at: string | Date): string {
  return englishInstant(at, 'UTC');
}

/** In UTC and, where the browser told its zone, on the signer's own clock. */
function instantFor({ timeZone }: EvidenceSigner, at: string): string {
  if (timeZone === undefined || timeZone === 'UTC' || !isTimeZone(timeZone)) return utc(at);
  return `${utc(at)}\n${englishInstant(at, timeZone)}`;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** `2026-03-01 10:00:00.000` */
function shortUtc(at: string): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canonicalJson } from '../../libs/kernel/canonical-json.js';
import { renderEvidence, sealPdf, sealFields, verifyContract, type FindingCode } from '../../libs/seals/index.js';
import { evidenceDocumentSchema, type EvidenceDocument } from '../../libs/signatures/domain/index.js';
import { chained, evidenceOf, sealedEvidence } from '../support/evidence.js';
import { readPdf } from '../support/pdf-text.js';
import { foreignKey, sealTime, sealTwice, testKey, testKeyPem, unsealedContract } from '../support/seals.js';

let contract: { d0: Uint8Array; d1: Buffer; d2: Buffer };
let evidence: EvidenceDocument;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pactline-evidence-'));
  const d0 = await unsealedContract();
  contract = { d0, ...(await sealTwice(d0)) };
  evidence = evidenceOf(contract);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codesFor = (certificate: Uint8Array): FindingCode[] => {
  const { findings } = verifyContract(contract.d2, { evidence: certificate, trusted: [testKeyPem.certificate] });
  return [...new Set(findings.map(({ code }) => code))];
};

/** A certificate that the trusted key sealed, about evidence that was changed before. */
const changed = async (change: (document: EvidenceDocument) => void): Promise<FindingCode[]> => {
  const document = structuredClone(evidence);
  change(document);
  return codesFor(await sealedEvidence(document));
};

describe('the evidence certificate', () => {
  it('is valid beside its contract, and accepted by pdfsig', async () => {
    const sealed = await sealedEvidence(evidence);
    const report = verifyContract(contract.d2, { evidence: sealed, trusted: [testKeyPem.certificate] });
    expect(report).toMatchObject({ valid: true, findings: [] });
    expect(report.evidence).toMatchObject({
      envelopeId: evidence.envelopeId,
      head: evidence.head,
      documents: evidence.documents,
      seal: { field: 'CompanySeal', coversWholeFile: true },
    });
    writeFileSync(path.join(folder, 'evidence.pdf'), sealed);
    const told = execFileSync('pdfsig', [path.join(folder, 'evidence.pdf')], { encoding: 'utf8' });
    expect(told).toContain('Signature is Valid');
    expect(told).toContain('Total document signed');
  });

  it('has the same bytes for the same evidence', async () => {
    const [first, second] = [await renderEvidence(evidence), await renderEvidence(structuredClone(evidence))];
    expect(Buffer.from(first).equals(second)).toBe(true);
  });

  it('tells in words who signed what, when, how, and what kind of signature that is', async () => {
    const content = await readPdf(await renderEvidence(evidence));
    expect(content).toMatchObject({ tagged: true, language: 'en', title: `Evidence certificate: ${evidence.title}` });
    const { text } = content;
    for (const hash of Object.values(evidence.documents)) expect(text).toContain(hash);
    for (const { hash } of evidence.events) expect(text.replaceAll(' ', '')).toContain(hash);
    expect(text).toContain('Ada Perry, for the Partner');
    expect(text).toContain('1 March 2026, 10:00 (UTC) 1 March 2026, 17:00 (Asia/Jakarta, UTC+07:00)');
    expect(text).toContain('Code by email, a••@perry.example: passed, 1 attempt');
    expect(text).toContain('Simple electronic signature: the act of the person');
    expect(text).toContain('an electronic seal. It proves that the document is whole and where it comes from');
    expect(text).toContain(evidence.consent.text);
    expect(text.replace(/\s+/g, ' ')).toContain('The terms were agreed in the platform');
  });

  it('carries the evidence for programs, in its canonical form', async () => {
    const { attachments } = await readPdf(await renderEvidence(evidence));
    const text = Buffer.from(attachments.get('evidence.json') ?? []).toString('utf8');
    expect(text).toBe(canonicalJson(evidence));
    expect(evidenceDocumentSchema.parse(JSON.parse(text))).toEqual(evidence);
  });
});

describe('edited evidence', () => {
  it('is refused without a seal, and with that of another key', async () => {
    const edited = structuredClone(evidence);
    edited.signers[0]!.typedName = 'Somebody Else';
    expect(codesFor(await renderEvidence(edited))).toEqual(['seal-missing']);
    expect(codesFor(await sealedEvidence(edited, foreignKey()))).toEqual(['unknown-certificate']);
  });

  it('is refused where its attachment was exchanged in the sealed file', async () => {
    const sealed = await sealedEvidence(evidence);
    const text = sealed.toString('latin1');
    const at = text.indexOf('/Type /EmbeddedFile');
    const data = text.indexOf('stream\n', at) + 'stream\n'.length;
    const edited = Buffer.from(sealed);
    edited[data + 200]! ^= 1;
    expect(codesFor(edited)).toContain('digest-mismatch');
  });

  it('is refused where something was added after its seal', async () => {
    const sealed = await sealedEvidence(evidence);
    expect(codesFor(Buffer.concat([sealed, Buffer.from('more')]))).toEqual(['malformed-document']);
  });

  it('is refused where the contract is given in its place', () => {
    expect(codesFor(contract.d2)).toEqual(expect.arrayContaining(['evidence-malformed']));
  });

  it('is refused where an event was changed, taken out, put in or moved', async () => {
    expect(await changed(({ events }) => (events[2]!.actorId = 'rcp_9'))).toEqual(['evidence-chain-broken']);
    expect(await changed(({ events }) => events.splice(2, 1))).toEqual(['evidence-chain-broken']);
    expect(await changed(({ events }) => events.splice(2, 0, events[1]!))).toEqual(['evidence-chain-broken']);
    expect(await changed(({ events }) => events.reverse())).toEqual([
      'evidence-chain-broken',
      'evidence-head-mismatch',
    ]);
  });

  it('is refused where the whole log was written anew, or cut off at its end', async () => {
    const rewritten = await changed((document) => {
      const facts = document.events.map((event) => ({ ...event, at: event.at.replace('2026', '2025') }));
      document.events = chained(facts);
    });
    expect(rewritten).toEqual(['evidence-head-mismatch']);
    expect(await changed(({ events }) => events.pop())).toEqual(['evidence-head-mismatch']);
  });

  it('is refused where the log is another envelope’s', async () => {
    expect(await changed((document) => (document.envelopeId = 'env_other'))).toEqual(['evidence-chain-broken']);
  });

  it.each(['d0', 'd1', 'd2'] as const)('is refused where it names another %s', async (version) => {
    const codes = await changed(({ documents }) => (documents[version] = 'a'.repeat(64)));
    expect(codes).toContain('evidence-document-mismatch');
  });

  it('is refused where it names other terms, seals or shown documents', async () => {
    expect(await changed((document) => (document.termsHash = 'a'.repeat(64)))).toEqual(['evidence-terms-mismatch']);
    for (const change of [
      ({ seals }: EvidenceDocument) => (seals[0]!.certificateSha256 = 'a'.repeat(64)),
      ({ seals }: EvidenceDocument) => (seals[1]!.documentHash = 'a'.repeat(64)),
      ({ seals }: EvidenceDocument) => (seals[1]!.field = 'Elsewhere'),
      ({ seals }: EvidenceDocument) => seals.reverse(),
    ]) {
      expect(await changed(change)).toEqual(['evidence-seal-mismatch']);
    }
    const shown = await changed(({ signers }) => (signers[1]!.documentHash = evidence.documents.d0));
    expect(shown).toEqual(['evidence-signer-mismatch']);
  });

  it('is refused where the consent is not the text that its hash names', async () => {
    expect(await changed(({ consent }) => (consent.text = 'I agree to everything.'))).toEqual(['evidence-malformed']);
  });

  it('is refused where it has a part that its schema has not', async () => {
    expect(await changed((document) => Object.assign(document, { note: 'x' }))).toEqual(['evidence-malformed']);
  });

  it('belongs to one contract: beside another one it is refused', async () => {
    const request = { field: sealFields.company, name: 'Crescent', reason: 'Otherwise', at: sealTime };
    const other = await sealPdf(contract.d1, request, testKey);
    const options = { evidence: await sealedEvidence(evidence), trusted: [testKeyPem.certificate] };
    expect(verifyContract(other, options).findings.map(({ code }) => code)).toEqual(['evidence-document-mismatch']);
  });
});

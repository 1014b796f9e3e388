import { createHash } from 'node:crypto';
import { renderContract } from '../../libs/documents/index.js';
import {
  LocalSealKey,
  makeSelfSignedKey,
  sealFields,
  sealPdf,
  verifyContract,
  type FindingCode,
  type SealKey,
  type SelfMadeKey,
  type VerificationOptions,
} from '../../libs/seals/index.js';
import { signedAttributes, writeSealCms } from '../../libs/seals/cms/seal-cms.js';
import { PdfFile } from '../../libs/seals/pdf/pdf-file.js';
import type { WrittenObject } from '../../libs/seals/pdf/revision-writer.js';
import { formFields } from '../../libs/seals/pdf/signature-fields.js';
import { coveredParts, fillSignature, layOutSignature } from '../../libs/seals/pdf/signature-writer.js';
import { serialize } from '../../libs/seals/pdf/values.js';
import { testSealKey } from './test-seal-key.mjs';
import { contractInput, everyKindTerms } from './documents.js';

export const sealTime = new Date('2026-03-01T10:00:00Z');

/** A key made for this run, or where there is none, for this file: keys take a while to make. */
export const testKeyPem = keyOfRun() ?? makeSelfSignedKey(testSealKey);

function keyOfRun(): SelfMadeKey | undefined {
  const text = process.env['PACTLINE_TEST_SEAL_KEY'];
  return text === undefined ? undefined : (JSON.parse(text) as SelfMadeKey);
}

export const testKey = LocalSealKey.fromPem(testKeyPem.privateKey + testKeyPem.certificate);

/** A contract before anybody signed it: the document model's D0. */
export function unsealedContract(): Promise<Uint8Array> {
  return renderContract(contractInput());
}

/** A contract on few terms, for tests that check one a thousand times. */
export function shortContract(): Promise<Uint8Array> {
  const { schema, currency, timeZone, payment, term, attribution } = everyKindTerms;
  const rule = { id: 'all', event: 'sale', reward: { kind: 'percent', rate: '12.5' } } as const;
  return renderContract(contractInput({ schema, currency, timeZone, payment, term, attribution, commissions: [rule] }));
}

/** Another key, whose certificate nobody trusts. */
export function foreignKey(commonName = 'Crescent Records Ltd.', modulusBits = 2048): LocalSealKey {
  const made = makeSelfSignedKey({
    commonName,
    notBefore: new Date('2025-01-01T00:00:00Z'),
    notAfter: new Date('2060-01-01T00:00:00Z'),
    modulusBits,
  });
  return LocalSealKey.fromPem(made.privateKey + made.certificate);
}

/** The contract with the partner's seal (D1), and with the company's after it (D2). */
export async function sealTwice(document: Uint8Array, key = testKey): Promise<{ d1: Buffer; d2: Buffer }> {
  const name = 'Crescent Records Ltd.';
  const d1 = await sealPdf(
    document,
    { field: sealFields.partner, name, reason: 'The partner signed', at: sealTime },
    key,
  );
  const d2 = await sealPdf(d1, { field: sealFields.company, name, reason: 'The company signed', at: sealTime }, key);
  return { d1, d2 };
}

/** What a check of this contract finds, by code; each once. */
export function findingsOf(pdf: Uint8Array, options: VerificationOptions = {}): FindingCode[] {
  const { valid, findings } = verifyContract(pdf, { trusted: [testKeyPem.certificate], ...options });
  if (valid !== (findings.length === 0)) throw new Error('the report contradicts itself');
  return [...new Set(findings.map(({ code }) => code))];
}

/** How a signature differs from a seal. */
interface SignatureChanges {
  /** Bytes for the CMS. */
  room?: number;
  /** The signature dictionary's entries but for its range and contents. */
  entries?: string;
  /** Other objects in the same revision. */
  objects?: readonly WrittenObject[];
  /** Entries of the field that are replaced or added, as they are written. */
  changes?: Readonly<Record<string, string>>;
}

/** A file with this signature in one of its fields, laid out as seals are, with a CMS of the caller's making. */
export async function signWith(
  pdf: Uint8Array,
  field: string,
  cmsOf: (content: Buffer) => Promise<Buffer> | Buffer,
  { room = 4096, entries = sealEntries, objects = [], changes = {} }: SignatureChanges = {},
): Promise<Buffer> {
  const file = PdfFile.read(pdf);
  const target = formFields(file)!.find(({ name }) => name === field)!;
  const number = file.revisions.at(-1)!.size;
  const kept = new Map([...target.dictionary.entries].filter(([key]) => !(key in changes)));
  const added = Object.entries(changes).map(([key, value]) => `/${key} ${value}`);
  const body = serialize({ kind: 'dictionary', entries: kept }).replace(
    />>$/,
    `${added.join(' ')} /V ${number} 0 R >>`,
  );
  const all = [{ number: target.number, body }, ...objects];
  const laidOut = layOutSignature(file, { number, entries, contentsBytes: room, objects: all });
  return fillSignature(laidOut, await cmsOf(Buffer.concat(coveredParts(laidOut))));
}

/** The signature dictionary of a seal, but for its range and contents. */
export const sealEntries =
  '/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Name (Crescent) /Reason (Signed) /M (D:20260301100000Z)';

/** The CMS that a seal of this content would have. */
export async function sealCms(content: Buffer, key: SealKey = testKey): Promise<Buffer> {
  const { certificates } = key;
  const messageDigest = createHash('sha256').update(content).digest();
  const signature = await key.sign(signedAttributes({ certificates, messageDigest }));
  return writeSealCms({ certificates, messageDigest, signature });
}

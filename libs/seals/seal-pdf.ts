import { createHash } from 'node:crypto';
import { signedAttributes, writeSealCms } from './cms/seal-cms.js';
import type { SealKey } from './keys/seal-key.js';
import { PdfFile } from './pdf/pdf-file.js';
import { pdfTime } from './pdf/pdf-time.js';
import { formFields, isSignatureField, type FormField } from './pdf/signature-fields.js';
import { coveredParts, fillSignature, layOutSignature } from './pdf/signature-writer.js';
import { serialize, textString, type PdfDictionary } from './pdf/values.js';

export interface SealRequest {
  /** The reserved signature field that is filled. */
  field: string;
  /** Who seals, as the signature dictionary tells. */
  name: string;
  reason: string;
  /**
   * The instant of the act that the seal follows; told by the dictionary to the second, and proved by nothing. Where the
   * key's certificate began later, as after a renewal, its beginning is told: no seal is older than its certificate.
   */
  at?: Date | undefined;
}

/** A document that cannot be sealed as it is; trying again would not help. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
}

/**
 * Fills a reserved signature field of a PDF by one incremental update that changes nothing else. The result depends on
 * the arguments alone.
 *
 * @throws SealingError where the field is missing or filled; PdfSyntaxError where the file is not one of ours
 */
export async function sealPdf(pdf: Uint8Array, request: SealRequest, key: SealKey): Promise<Buffer> {
  const file = PdfFile.read(pdf);
  const field = emptyField(file, request.field);
  const number = file.revisions.at(-1)!.size;
  const { certificates, signatureBytes } = key;
  // The length does not depend on what is signed, so the room fits exactly and nothing is left to be padded.
  const blank = { certificates, messageDigest: Buffer.alloc(32), signature: Buffer.alloc(signatureBytes) };
  const laidOut = layOutSignature(file, {
    number,
    entries: dictionaryEntries(request, key.notBefore),
    contentsBytes: writeSealCms(blank).length,
    objects: [{ number: field.number, body: withValue(field.dictionary, number) }],
  });
  const hash = createHash('sha256');
  for (const part of coveredParts(laidOut)) hash.update(part);
  const messageDigest = hash.digest();
  const signature = await key.sign(signedAttributes({ certificates, messageDigest }));
  return fillSignature(laidOut, writeSealCms({ certificates, messageDigest, signature }));
}

function emptyField(file: PdfFile, name: string): FormField {
  const field = formFields(file)?.find((one) => one.name === name);
  if (!field || !isSignatureField(field)) throw new SealingError(`the document has no signature field ${name}`);
  if (field.dictionary.entries.has('V')) throw new SealingError(`the signature field ${name} is filled already`);
  return field;
}

function withValue({ entries }: PdfDictionary, signature: number): string {
  return serialize({
    kind: 'dictionary',
    entries: new Map([...entries, ['V', { kind: 'reference', number: signature }]]),
  });
}

function dictionaryEntries({ name, reason, at }: SealRequest, earliest: Date): string {
  const time = at ? ` /M (${pdfTime(at < earliest ? earliest : at)})` : '';
  const told = `/Name ${textString(name)} /Reason ${textString(reason)}${time}`;
  return `/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached ${told}`;
}

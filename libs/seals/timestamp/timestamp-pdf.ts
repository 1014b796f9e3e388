import { createHash } from 'node:crypto';
import { readDer } from '../cms/der.js';
import { readSealCms } from '../cms/seal-cms.js';
import { PdfFile } from '../pdf/pdf-file.js';
import type { WrittenObject } from '../pdf/revision-writer.js';
import { formFields, formOf, signatureOf } from '../pdf/signature-fields.js';
import { coveredParts, fillSignature, layOutSignature } from '../pdf/signature-writer.js';
import { serialize, textString, type PdfDictionary, type PdfReference, type PdfValue } from '../pdf/values.js';
import { SealingError } from '../seal-pdf.js';
import { requestTimestamp, type TimestampSettings } from './authorities.js';
import { timestampFieldPrefix, timestampWidgetEntries } from './field-names.js';
import { readTimestampToken } from './token.js';

/** Tokens take 2 to 8 KiB, mostly by the certificates in them; what is left stays zero. */
const tokenRoom = 16 * 1024;

/**
 * Appends a document time-stamp (PAdES, ETSI EN 319 142-1) over the whole file, and in the same update the certificates
 * by which the seals and earlier time-stamps are validated.
 *
 * @throws TimestampUnavailable, worth a retry; SealingError and PdfSyntaxError where the document cannot be stamped
 */
export async function timestampPdf(pdf: Uint8Array, settings: TimestampSettings): Promise<Buffer> {
  const file = PdfFile.read(pdf);
  const first = file.revisions.at(-1)!.size;
  const [fieldNumber, signatureNumber, storeNumber] = [first, first + 1, first + 2];
  const laidOut = layOutSignature(file, {
    number: signatureNumber,
    entries: '/Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161',
    contentsBytes: tokenRoom,
    objects: [
      {
        number: fieldNumber,
        body: `<< ${timestampWidgetEntries} /T ${textString(newFieldName(file))} /V ${signatureNumber} 0 R >>`,
      },
      formWithField(file, fieldNumber),
      ...validationData(file, storeNumber),
    ],
  });
  const hash = createHash('sha256');
  for (const part of coveredParts(laidOut)) hash.update(part);
  const token = await requestTimestamp(hash.digest(), settings);
  if (token.bytes.length > tokenRoom) throw new SealingError('the time-stamp token is larger than the room for it');
  return fillSignature(laidOut, token.bytes);
}

function newFieldName(file: PdfFile): string {
  const names = new Set((formFields(file) ?? []).map(({ name }) => name));
  for (let number = 1; ; number += 1) {
    if (!names.has(`${timestampFieldPrefix}${number}`)) return `${timestampFieldPrefix}${number}`;
  }
}

function formWithField(file: PdfFile, field: number): WrittenObject {
  const reference = file.catalog().entries.get('AcroForm');
  const form = formOf(file);
  const fields = form?.entries.get('Fields');
  if (reference?.kind !== 'reference' || !form || fields?.kind !== 'array') {
    throw new SealingError('the document has no form that a time-stamp could be added to');
  }
  const items: PdfValue[] = [...fields.items, { kind: 'reference', number: field }];
  return { number: reference.number, body: withEntry(form, 'Fields', { kind: 'array', items }) };
}

function withEntry(dictionary: PdfDictionary, key: string, value: PdfValue): string {
  return serialize({ kind: 'dictionary', entries: new Map([...dictionary.entries, [key, value]]) });
}

/** The catalog with its document security store: all certificates known so far, each once. */
function validationData(file: PdfFile, storeNumber: number): WrittenObject[] {
  const earlier = file.resolve(file.dictionaryAt(file.catalog(), 'DSS')?.entries.get('Certs'));
  const kept =
    earlier?.kind === 'array' ? earlier.items.flatMap((item) => (item.kind === 'reference' ? [item] : [])) : [];
  const known = new Set(kept.map((reference) => storedBytes(file, reference).toString('latin1')));
  const added = [...certificatesInUse(file)].filter((certificate) => !known.has(certificate));
  const streams = added.map((certificate, index) => {
    const content = Buffer.from(certificate, 'latin1');
    const head = Buffer.from(`<< /Length ${content.length} >>\nstream\n`, 'latin1');
    return { number: storeNumber + 1 + index, body: Buffer.concat([head, content, Buffer.from('\nendstream')]) };
  });
  const references = [...kept.map(({ number }) => number), ...streams.map(({ number }) => number)];
  const root = file.revisions.at(-1)!.trailer.entries.get('Root') as PdfReference;
  return [
    { number: root.number, body: withEntry(file.catalog(), 'DSS', { kind: 'reference', number: storeNumber }) },
    { number: storeNumber, body: `<< /Type /DSS /Certs [${references.map((number) => `${number} 0 R`).join(' ')}] >>` },
    ...streams,
  ];
}

function storedBytes(file: PdfFile, { number }: PdfReference): Buffer {
  const object = file.object(number);
  return object ? file.streamData(object) : Buffer.alloc(0);
}

/** The DER of each certificate that seals and time-stamps carry, as a text of bytes so that it is a set's member once. */
function certificatesInUse(file: PdfFile): Set<string> {
  const certificates = new Set<string>();
  for (const field of formFields(file) ?? []) {
    const signature = signatureOf(file, field);
    const contents = signature?.entries.get('Contents');
    if (contents?.kind !== 'string') continue;
    const value = readDer(contents.bytes).bytes;
    const type = signature?.entries.get('Type');
    const isStamp = type?.kind === 'name' && type.value === 'DocTimeStamp';
    const used = isStamp
      ? readTimestampToken(value).certificates.map(({ raw }) => raw)
      : readSealCms(value).certificates;
    for (const certificate of used) certificates.add(Buffer.from(certificate).toString('latin1'));
  }
  return certificates;
}

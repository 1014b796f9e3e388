import { PdfSyntaxError } from '../pdf/lexer.js';
import { PdfFile } from '../pdf/pdf-file.js';
import { formFields, formOf, isSignatureField, type FormField } from '../pdf/signature-fields.js';
import { sameValue, type PdfObject } from '../pdf/values.js';
import type { TrustedCertificates } from './certificates.js';
import type { Findings } from './findings.js';
import { checkSeal, type FilledField, type SealReport } from './seal.js';

/** The largest file that is looked at, in bytes. */
export const mostBytes = 20 * 1024 * 1024;

/** What was found out about a file with seals, as far as it could be read. */
export interface SealedPdf {
  file: PdfFile;
  seals: SealReport[];
  /** The revisions behind the last seal: validation data and time-stamps. */
  tail: number[];
}

/** What a document's seals are checked against. */
export interface SealExpectations {
  /** The fields that must be filled, in the order in which they must have been. */
  fields: readonly string[];
  trusted: TrustedCertificates;
}

/** Reads the file and checks its seals; undefined where it cannot be read at all. */
export function checkSealedPdf(
  bytes: Uint8Array,
  expected: SealExpectations,
  findings: Findings,
): SealedPdf | undefined {
  const file = readFile(bytes, findings);
  if (!file) return undefined;
  const fields = reservedFields(file, findings);
  if (!fields) return { file, seals: [], tail: [] };
  const seals: SealReport[] = [];
  let revision = 1;
  for (; revision < file.revisions.length && seals.length < expected.fields.length; revision += 1) {
    const filled = filledField(file, revision, fields, findings);
    if (!filled) break;
    if (seals.length > 0 && seals.some(({ field }) => field === filled.field.name)) break;
    seals.push(checkSeal(file, revision, filled, expected.trusted, findings));
  }
  const tail = file.revisions.map((_, index) => index).slice(revision);
  checkOrder(seals, expected.fields, findings);
  return { file, seals, tail };
}

function readFile(bytes: Uint8Array, findings: Findings): PdfFile | undefined {
  if (bytes.length > mostBytes) {
    findings.add('too-large', `The file is larger than ${mostBytes} bytes.`);
    return undefined;
  }
  try {
    const file = PdfFile.read(bytes);
    file.catalog();
    return file;
  } catch (error) {
    if (!(error instanceof PdfSyntaxError)) throw error;
    findings.add('malformed-document', `The file is not written as documents of ours are: ${error.message}.`);
    return undefined;
  }
}

const catalogKeys = new Set(
  'Type Pages Names Lang MarkInfo StructTreeRoot AcroForm AF Metadata ViewerPreferences'.split(' '),
);
const formKeys = new Set('Fields SigFlags DA DR'.split(' '));

/** The empty signature fields of the original document; whatever could act or change its look by itself is refused. */
function reservedFields(file: PdfFile, findings: Findings): FormField[] | undefined {
  const form = formOf(file, 0);
  const fields = formFields(file, 0);
  if (!form || !fields) {
    findings.add('seal-missing', 'The document has no plain form with signature fields.');
    return undefined;
  }
  const foreign = [
    ...[...file.catalog(0).entries.keys()].filter((key) => !catalogKeys.has(key)),
    ...[...form.entries.keys()].filter((key) => !formKeys.has(key)),
  ];
  if (foreign.length > 0) {
    findings.add('unexpected-content', `The document has parts that no contract has: ${foreign.join(', ')}.`);
  }
  const wrong = fields.filter((field) => !isSignatureField(field) || field.dictionary.entries.has('V'));
  if (wrong.length > 0) {
    findings.add('unexpected-content', 'A field of the original document is not an empty signature field.');
  }
  return fields;
}

/**
 * The field that a revision fills where that is all it does: one field gains its value, one new object is that value.
 */
function filledField(
  file: PdfFile,
  revision: number,
  fields: readonly FormField[],
  findings: Findings,
): FilledField | undefined {
  const { objects } = file.revisions[revision]!;
  const before = file.revisions[revision - 1]!;
  const changed = [...objects.values()].filter(({ number }) => number < before.size);
  const added = [...objects.values()].filter(({ number }) => number >= before.size);
  const field = fields.find(({ number }) => number === changed[0]?.number);
  const signature = added[0];
  if (changed.length === 1 && added.length === 1 && field && signature?.value.kind === 'dictionary') {
    if (!signature.stream && fillsField(field, changed[0]!, signature.number)) {
      return { field, signature: { ...signature, value: signature.value } };
    }
  }
  const touched = [...objects.keys()].join(', ');
  findings.add(
    'forbidden-change',
    `Revision ${revision + 1} changes more than one signature field (objects ${touched}).`,
  );
  return undefined;
}

/** The same field as before but for its value, which is the signature. */
function fillsField(before: FormField, { value: after }: PdfObject, signature: number): boolean {
  if (after.kind !== 'dictionary') return false;
  const entries = new Map(after.entries);
  const value = entries.get('V');
  entries.delete('V');
  return (
    value?.kind === 'reference' &&
    value.number === signature &&
    sameValue({ kind: 'dictionary', entries }, before.dictionary)
  );
}

function checkOrder(seals: readonly SealReport[], expected: readonly string[], findings: Findings): void {
  expected.forEach((field, index) => {
    if (!seals.some((seal) => seal.field === field)) findings.add('seal-missing', `The seal ${field} is missing.`);
    else if (seals[index]?.field !== field) findings.add('seal-order', `The seal ${field} is not in its place.`);
  });
}

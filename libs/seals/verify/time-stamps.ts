import type { X509Certificate } from 'node:crypto';
import { DerError } from '../cms/der.js';
import { PdfLexer } from '../pdf/lexer.js';
import type { PdfFile } from '../pdf/pdf-file.js';
import { formFields, formOf } from '../pdf/signature-fields.js';
import { sameValue, type PdfDictionary, type PdfObject, type PdfValue } from '../pdf/values.js';
import { checkAuthority, UnknownAuthority } from '../timestamp/authorities.js';
import { timestampFieldPrefix, timestampWidgetEntries } from '../timestamp/field-names.js';
import { readTimestampToken } from '../timestamp/token.js';
import type { Findings } from './findings.js';
import {
  coversRevision,
  describeCertificate,
  digestOf,
  signatureBytes,
  type CertificateReport,
  type Fail,
} from './seal.js';

/** What a report tells of a document time-stamp. */
export interface TimestampReport {
  field: string;
  /** The instant that the authority vouches for; RFC 3339, UTC. */
  at: string;
  policy: string;
  authority: CertificateReport;
}

/**
 * Checks the revisions behind the last seal: each must add one document time-stamp and validation data, and nothing
 * else.
 */
export function checkTail(
  file: PdfFile,
  tail: readonly number[],
  trusted: readonly X509Certificate[],
  findings: Findings,
): TimestampReport[] {
  const reports: TimestampReport[] = [];
  for (const revision of tail) {
    const stamp = addedStamp(file, revision);
    if (!stamp) {
      findings.add('changed-after-last-seal', `Revision ${revision + 1} changes the document after its last seal.`);
      return reports;
    }
    const fail: Fail = (code, message) => findings.add(code, `${stamp.name}: ${message}`);
    const report = checkStamp(file, revision, stamp, trusted, fail);
    if (report) reports.push(report);
  }
  return reports;
}

interface AddedStamp {
  name: string;
  signature: PdfDictionary;
}

/** The time-stamp that a revision adds where all its objects belong to that, or to the validation data beside it. */
function addedStamp(file: PdfFile, revision: number): AddedStamp | undefined {
  const { objects, trailer } = file.revisions[revision]!;
  const root = trailer.entries.get('Root');
  const form = file.catalog(revision - 1).entries.get('AcroForm');
  if (root?.kind !== 'reference' || form?.kind !== 'reference') return undefined;
  const accounted = new Set([root.number, form.number]);
  const store = changedEntry(file.catalog(revision), file.catalog(revision - 1), 'DSS');
  const isStore = store && claimStore(file, revision, objects, store, accounted);
  const stamp = isStore && newField(file, revision, accounted);
  return stamp && [...objects.keys()].every((number) => accounted.has(number)) ? stamp : undefined;
}

/** The value of the one entry by which two dictionaries differ. */
function changedEntry(after: PdfDictionary, before: PdfDictionary, key: string): PdfValue | undefined {
  const [left, right] = [new Map(after.entries), new Map(before.entries)];
  left.delete(key);
  right.delete(key);
  const isSame = sameValue({ kind: 'dictionary', entries: left }, { kind: 'dictionary', entries: right });
  return isSame ? after.entries.get(key) : undefined;
}

/** A new document security store of this revision, and its new streams: certificates and nothing else. */
function claimStore(
  file: PdfFile,
  revision: number,
  objects: ReadonlyMap<number, PdfObject>,
  store: PdfValue,
  accounted: Set<number>,
): boolean {
  if (store.kind !== 'reference' || !objects.has(store.number)) return false;
  const dictionary = objects.get(store.number)?.value;
  if (dictionary?.kind !== 'dictionary') return false;
  const certificates = dictionary.entries.get('Certs');
  if (certificates?.kind !== 'array' || dictionary.entries.size !== 2 || !dictionary.entries.has('Type')) return false;
  accounted.add(store.number);
  return certificates.items.every((item) => {
    const stream = item.kind === 'reference' ? file.object(item.number, revision) : undefined;
    if (!stream?.stream || stream.value.kind !== 'dictionary' || stream.value.entries.size !== 1) return false;
    accounted.add(stream.number);
    return true;
  });
}

/** What a time-stamp's field says beside its name and value: it is drawn nowhere. */
const timestampWidget = new PdfLexer(Buffer.from(`<< ${timestampWidgetEntries} >>`)).value();

/** The one field that the form has gained, where it is a time-stamp's. */
function newField(file: PdfFile, revision: number, accounted: Set<number>): AddedStamp | undefined {
  const [after, before] = [formOf(file, revision), formOf(file, revision - 1)];
  const [fields, earlier] = [formFields(file, revision), formFields(file, revision - 1)];
  if (!after || !before || !fields || !earlier || !changedEntry(after, before, 'Fields')) return undefined;
  const isKept = earlier.every(({ number }, index) => fields[index]?.number === number);
  const field = fields[earlier.length];
  if (!isKept || fields.length !== earlier.length + 1 || !field?.name.startsWith(timestampFieldPrefix))
    return undefined;
  const { entries } = field.dictionary;
  const value = entries.get('V');
  const signature = file.resolve(value, revision);
  const others = new Map([...entries].filter(([key]) => key !== 'T' && key !== 'V'));
  if (!sameValue({ kind: 'dictionary', entries: others }, timestampWidget)) return undefined;
  if (value?.kind !== 'reference' || signature?.kind !== 'dictionary') return undefined;
  accounted.add(field.number).add(value.number);
  return { name: field.name, signature };
}

const stampEntries = { Type: 'DocTimeStamp', Filter: 'Adobe.PPKLite', SubFilter: 'ETSI.RFC3161' } as const;

function isStampDictionary({ entries }: PdfDictionary): boolean {
  const names = Object.entries(stampEntries).every(([key, expected]) => {
    const value = entries.get(key);
    return value?.kind === 'name' && value.value === expected;
  });
  return names && entries.size === 5 && entries.has('ByteRange');
}

function checkStamp(
  file: PdfFile,
  revision: number,
  { name, signature }: AddedStamp,
  trusted: readonly X509Certificate[],
  fail: Fail,
): TimestampReport | undefined {
  const contents = signature.entries.get('Contents');
  if (contents?.kind !== 'string' || !isStampDictionary(signature)) {
    fail('time-stamp-invalid', 'the signature dictionary is not that of a time-stamp.');
    return undefined;
  }
  if (!coversRevision(file, revision, signature, contents)) {
    fail('coverage-incomplete', 'the time-stamp does not cover all of its revision.');
  }
  try {
    const token = readTimestampToken(signatureBytes(file, contents, fail));
    if (!token.imprint.equals(digestOf(file, revision, contents))) {
      fail('digest-mismatch', 'the document is not the one that was stamped.');
    }
    checkAuthority(token, trusted);
    return {
      field: name,
      at: token.at.toISOString(),
      policy: token.policy,
      authority: describeCertificate(token.signer),
    };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const code = error instanceof UnknownAuthority ? 'unknown-time-stamp-authority' : 'time-stamp-invalid';
    fail(code, `the time-stamp does not hold: ${error.message}.`);
    return undefined;
  }
}

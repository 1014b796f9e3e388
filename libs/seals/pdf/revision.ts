import { PdfLexer, PdfSyntaxError } from './lexer.js';
import type { PdfDictionary, PdfObject } from './values.js';

/** A cross-reference table with its trailer: the end of one revision. */
export interface PdfSection {
  /** Where the table begins. */
  offset: number;
  /** The position after the section's `%%EOF` line. */
  end: number;
  /** The places of the objects that the table lists, by number. */
  entries: ReadonlyMap<number, number>;
  trailer: PdfDictionary;
  /** Where the table of the revision before begins. */
  previous: number | undefined;
}

/** One revision of a file: the original document, or what an incremental update appended to it. */
export interface PdfRevision {
  /** Its first byte and the position after its last one; revisions follow each other without a gap. */
  start: number;
  end: number;
  tableOffset: number;
  objects: ReadonlyMap<number, PdfObject>;
  trailer: PdfDictionary;
  /** One more than the highest object number in use so far. */
  size: number;
}

const headerLines = /^%PDF-1\.[4-7]\n%[\x80-\xff]{4}\n/;
const mostObjects = 100_000;
const firstFreeEntry = '0000000000 65535 f \n';
const trailerKeys = new Set(['Size', 'Root', 'Info', 'ID', 'Prev']);

/** Reads the table at `offset`, with all that belongs to it up to its `%%EOF`. */
export function readSection(lexer: PdfLexer, offset: number): PdfSection {
  lexer.expect('xref\n');
  const entries = new Map<number, number>();
  while (!lexer.take('trailer\n')) readSubsection(lexer, entries);
  const trailer = lexer.value();
  if (trailer.kind !== 'dictionary') throw lexer.fault('the trailer is not a dictionary');
  const foreign = [...trailer.entries.keys()].find((key) => !trailerKeys.has(key));
  if (foreign !== undefined) throw lexer.fault(`the trailer has a key that is not expected: /${foreign}`);
  lexer.expect('\nstartxref\n');
  if (lexer.unsigned() !== offset) throw lexer.fault('startxref does not name the table before it');
  lexer.expect('\n%%EOF\n');
  return { offset, end: lexer.position, entries, trailer, previous: previousOf(trailer, lexer) };
}

function readSubsection(lexer: PdfLexer, entries: Map<number, number>): void {
  const first = lexer.unsigned();
  lexer.expect(' ');
  const count = lexer.unsigned();
  lexer.expect('\n');
  if (first + count > mostObjects) throw lexer.fault('there are too many objects');
  for (let number = first; number < first + count; number += 1) {
    if (entries.has(number)) throw lexer.fault(`the table lists object ${number} twice`);
    if (number === 0) {
      lexer.expect(firstFreeEntry);
      continue;
    }
    const entry = lexer.bytes.toString('latin1', lexer.position, lexer.position + 20);
    if (!/^\d{10} 00000 n \n$/.test(entry)) throw lexer.fault('an entry of the table is not that of an object in use');
    entries.set(number, Number(entry.slice(0, 10)));
    lexer.position += 20;
  }
}

function previousOf(trailer: PdfDictionary, lexer: PdfLexer): number | undefined {
  const previous = trailer.entries.get('Prev');
  if (previous === undefined) return undefined;
  if (previous.kind !== 'number' || !Number.isSafeInteger(previous.value) || previous.value < 0) {
    throw lexer.fault('/Prev is not an offset');
  }
  return previous.value;
}

/**
 * Reads the objects of a revision, which must take all bytes between the revision before and the table, each at the
 * place that the table names.
 */
export function readRevision(bytes: Buffer, section: PdfSection, before: PdfRevision | undefined): PdfRevision {
  const start = before?.end ?? 0;
  if (section.previous !== before?.tableOffset || section.offset < start) {
    throw new PdfSyntaxError('the revisions do not follow each other', section.offset);
  }
  const lexer = new PdfLexer(bytes, start, section.offset);
  if (!before) lexer.expect(headerLines.exec(bytes.toString('latin1', 0, 15))?.[0] ?? '%PDF-1.7\n%');
  const objects = new Map<number, PdfObject>();
  for (lexer.skipWhitespace(); !lexer.atEnd; lexer.skipWhitespace()) {
    const object = readObject(lexer);
    if (section.entries.get(object.number) !== object.start) {
      throw new PdfSyntaxError(`object ${object.number} is not where the table says`, object.start);
    }
    objects.set(object.number, object);
  }
  const missing = [...section.entries.keys()].find((number) => !objects.has(number));
  if (missing !== undefined) throw new PdfSyntaxError(`object ${missing} is missing`, section.offset);
  let size = before?.size ?? 1;
  for (const number of objects.keys()) size = Math.max(size, number + 1);
  checkTrailer(section, before, size);
  return { start, end: section.end, tableOffset: section.offset, objects, trailer: section.trailer, size };
}

/** The size must be that of the objects, and what the first trailer says of root and information must stay. */
function checkTrailer({ trailer, offset }: PdfSection, before: PdfRevision | undefined, size: number): void {
  const told = trailer.entries.get('Size');
  if (told?.kind !== 'number' || told.value !== size) throw new PdfSyntaxError('/Size is wrong', offset);
  for (const key of ['Root', 'Info']) {
    const value = trailer.entries.get(key);
    const earlier = before?.trailer.entries.get(key);
    const isSame =
      value?.kind === 'reference' && earlier?.kind === 'reference'
        ? value.number === earlier.number
        : value === earlier;
    if (before && !isSame) throw new PdfSyntaxError(`an update replaces /${key}`, offset);
  }
  if (trailer.entries.get('Root')?.kind !== 'reference') throw new PdfSyntaxError('there is no /Root', offset);
}

function readObject(lexer: PdfLexer): PdfObject {
  const start = lexer.position;
  const number = lexer.unsigned();
  lexer.expect(' 0 obj\n');
  const value = lexer.value();
  lexer.expect('\n');
  const stream = lexer.take('stream\n')
    ? readStream(lexer, value.kind === 'dictionary' ? value : undefined)
    : undefined;
  lexer.expect('endobj');
  return { number, start, end: lexer.position, value, ...(stream && { stream }) };
}

function readStream(lexer: PdfLexer, dictionary: PdfDictionary | undefined): { start: number; end: number } {
  const length = dictionary?.entries.get('Length');
  if (length?.kind !== 'number' || !Number.isSafeInteger(length.value) || length.value < 0) {
    throw lexer.fault('a stream does not say its length');
  }
  const type = dictionary?.entries.get('Type');
  if (type?.kind === 'name' && (type.value === 'ObjStm' || type.value === 'XRef')) {
    throw lexer.fault('object streams and cross-reference streams are not accepted');
  }
  const start = lexer.position;
  lexer.position += length.value;
  lexer.expect('\nendstream\n');
  return { start, end: start + length.value };
}

import { PdfLexer, PdfSyntaxError } from './lexer.js';
import { readRevision, readSection, type PdfRevision, type PdfSection } from './revision.js';
import type { PdfDictionary, PdfObject, PdfValue } from './values.js';

const mostRevisions = 32;
const endOfFile = /startxref\n(\d{1,10})\n%%EOF\n$/;

/**
 * A PDF file read whole: every byte belongs to the header, to an object that its revision's cross-reference table lists
 * at this place, or to a table and its trailer. What viewers tolerate (junk between objects, several tables for one
 * revision, hybrid and compressed cross references, object streams, encryption) is refused.
 */
export class PdfFile {
  private constructor(
    readonly bytes: Buffer,
    /** From the first, the original document, to the last. */
    readonly revisions: readonly PdfRevision[],
  ) {}

  /** @throws PdfSyntaxError where the file is not written strictly */
  static read(content: Uint8Array): PdfFile {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const sections = readSections(bytes);
    const revisions: PdfRevision[] = [];
    for (const section of sections) revisions.push(readRevision(bytes, section, revisions.at(-1)));
    return new PdfFile(bytes, revisions);
  }

  /** The object of this number as it stands after a revision (counted from 0; the last where absent). */
  object(number: number, revision = this.revisions.length - 1): PdfObject | undefined {
    for (let index = revision; index >= 0; index -= 1) {
      const found = this.revisions[index]?.objects.get(number);
      if (found) return found;
    }
    return undefined;
  }

  /** The value itself, or what it refers to; a reference to a reference is not followed. */
  resolve(value: PdfValue | undefined, revision?: number): PdfValue | undefined {
    return value?.kind === 'reference' ? this.object(value.number, revision)?.value : value;
  }

  /** A dictionary's entry, resolved, where it is a dictionary too. */
  dictionaryAt(parent: PdfDictionary | undefined, key: string, revision?: number): PdfDictionary | undefined {
    const value = this.resolve(parent?.entries.get(key), revision);
    return value?.kind === 'dictionary' ? value : undefined;
  }

  /** The document catalog as it stands after a revision. */
  catalog(revision = this.revisions.length - 1): PdfDictionary {
    const trailer = this.revisions[revision]?.trailer;
    const catalog = trailer && this.dictionaryAt(trailer, 'Root', revision);
    if (!catalog) throw new PdfSyntaxError('there is no catalog', 0);
    return catalog;
  }

  /** The raw data of a stream object. */
  streamData(object: PdfObject): Buffer {
    if (!object.stream) throw new PdfSyntaxError(`object ${object.number} is no stream`, object.start);
    return this.bytes.subarray(object.stream.start, object.stream.end);
  }
}

/** The sections of the file, oldest first, as the chain from its end names them. */
function readSections(bytes: Buffer): PdfSection[] {
  if (!/^%PDF-1\.[4-7]\n/.test(bytes.toString('latin1', 0, 9)))
    throw new PdfSyntaxError('the file does not begin as a PDF', 0);
  const tail = bytes.toString('latin1', Math.max(0, bytes.length - 64));
  const named = endOfFile.exec(tail)?.[1];
  if (named === undefined) throw new PdfSyntaxError('the file does not end with %%EOF', bytes.length);
  const sections: PdfSection[] = [];
  for (let offset: number | undefined = Number(named); offset !== undefined;) {
    const section = readSection(new PdfLexer(bytes, offset), offset);
    if (sections.length === 0 && section.end !== bytes.length) {
      throw new PdfSyntaxError('bytes follow the last revision', section.end);
    }
    sections.push(section);
    if (sections.length > mostRevisions) throw new PdfSyntaxError('there are too many revisions', offset);
    if (section.previous !== undefined && section.previous >= offset) {
      throw new PdfSyntaxError('a revision names a later one as its predecessor', offset);
    }
    offset = section.previous;
  }
  return sections.reverse();
}

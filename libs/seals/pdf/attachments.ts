import type { PdfFile } from './pdf-file.js';
import { streamContent } from './streams.js';
import { textOf, type PdfValue } from './values.js';

/**
 * The files that are attached to the document, by the name under which the catalog lists them; undefined where the list
 * is not a plain one.
 *
 * @throws PdfSyntaxError where an attached file cannot be read
 */
export function attachmentsOf(file: PdfFile): Map<string, Buffer> | undefined {
  const embedded = file.dictionaryAt(file.dictionaryAt(file.catalog(), 'Names'), 'EmbeddedFiles');
  const names = file.resolve(embedded?.entries.get('Names'));
  if (names?.kind !== 'array' || names.items.length % 2 !== 0 || embedded?.entries.has('Kids')) return undefined;
  const attachments = new Map<string, Buffer>();
  for (let index = 0; index < names.items.length; index += 2) {
    const key = names.items[index];
    if (key?.kind !== 'string' || attachments.has(textOf(key.bytes))) return undefined;
    attachments.set(textOf(key.bytes), contentOf(file, names.items[index + 1]));
  }
  return attachments;
}

function contentOf(file: PdfFile, specification: PdfValue | undefined): Buffer {
  const dictionary = file.resolve(specification);
  const files = dictionary?.kind === 'dictionary' ? file.dictionaryAt(dictionary, 'EF') : undefined;
  return streamContent(file, files?.entries.get('F'));
}

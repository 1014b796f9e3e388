import { inflateSync } from 'node:zlib';
import { PdfSyntaxError } from './lexer.js';
import type { PdfFile } from './pdf-file.js';
import type { PdfObject, PdfValue } from './values.js';

/** All that is read of one file's streams, in bytes. No document of ours comes near; a small file can be made to unpack to more. */
const mostInflatedBytes = 16 * 1024 * 1024;

/** What was unpacked so far, by file. */
const inflated = new WeakMap<PdfFile, number>();

/**
 * What a stream holds, unpacked.
 *
 * @throws PdfSyntaxError for another filter than FlateDecode, and for data that it cannot unpack
 */
export function streamContent(file: PdfFile, value: PdfValue | undefined): Buffer {
  const object = value?.kind === 'reference' ? file.object(value.number) : undefined;
  if (object?.value.kind !== 'dictionary') throw new PdfSyntaxError('a stream is missing', object?.start ?? 0);
  const data = file.streamData(object);
  const filter = object.value.entries.get('Filter');
  if (object.value.entries.has('DecodeParms')) throw unreadable(object);
  if (filter === undefined) return charged(file, object, data);
  if (filter.kind !== 'name' || filter.value !== 'FlateDecode') throw unreadable(object);
  try {
    return charged(file, object, inflateSync(data, { maxOutputLength: mostInflatedBytes }));
  } catch {
    throw unreadable(object);
  }
}

/** The content, where it and all that was read of the file before stay within the bounds. */
function charged(file: PdfFile, object: PdfObject, content: Buffer): Buffer {
  const total = (inflated.get(file) ?? 0) + content.length;
  if (total > mostInflatedBytes) throw unreadable(object);
  inflated.set(file, total);
  return content;
}

function unreadable(object: PdfObject): PdfSyntaxError {
  return new PdfSyntaxError('a stream cannot be unpacked', object.start);
}

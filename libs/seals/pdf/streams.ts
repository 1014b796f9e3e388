import { inflateSync } from 'node:zlib';
import { PdfSyntaxError } from './lexer.js';
import type { PdfFile } from './pdf-file.js';
import type { PdfObject, PdfValue } from './values.js';

/** No stream of a document of ours comes near; what would inflate beyond is not looked at. */
const mostInflatedBytes = 16 * 1024 * 1024;

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
  if (filter === undefined) return data;
  if (filter.kind !== 'name' || filter.value !== 'FlateDecode') throw unreadable(object);
  try {
    return inflateSync(data, { maxOutputLength: mostInflatedBytes });
  } catch {
    throw unreadable(object);
  }
}

function unreadable(object: PdfObject): PdfSyntaxError {
  return new PdfSyntaxError('a stream cannot be unpacked', object.start);
}

import { appendRevision, type WrittenObject } from './revision-writer.js';
import type { PdfFile } from './pdf-file.js';

/** A file whose signature is laid out and still empty. */
export interface LaidOutSignature {
  bytes: Buffer;
  /** Where the `<` of /Contents stands, and the position after its `>`. */
  contentsStart: number;
  contentsEnd: number;
}

export interface SignatureLayout {
  /** The number that the signature dictionary gets. */
  number: number;
  /** The dictionary's entries but for /ByteRange and /Contents, as they are written. */
  entries: string;
  /** The room for the signature, in bytes. */
  contentsBytes: number;
  /** The other objects of the same update. */
  objects: readonly WrittenObject[];
}

const rangeWidth = 10;

/** Appends an update with a signature dictionary whose /ByteRange covers the file but for its /Contents. */
export function layOutSignature(file: PdfFile, layout: SignatureLayout): LaidOutSignature {
  const emptyRange = `/ByteRange [0 ${'0'.repeat(rangeWidth)} ${'0'.repeat(rangeWidth)} ${'0'.repeat(rangeWidth)}]`;
  const head = `<< ${layout.entries} ${emptyRange} /Contents `;
  const body = `${head}<${'0'.repeat(2 * layout.contentsBytes)}> >>`;
  const { bytes, bodyStarts } = appendRevision(file, [...layout.objects, { number: layout.number, body }]);
  const contentsStart = bodyStarts.get(layout.number)! + Buffer.byteLength(head, 'latin1');
  const contentsEnd = contentsStart + 2 * layout.contentsBytes + 2;
  const range = [contentsStart, contentsEnd, bytes.length - contentsEnd];
  const written = `/ByteRange [0 ${range.map((value) => value.toString().padStart(rangeWidth, ' ')).join(' ')}]`;
  bytes.write(written, contentsStart - '/Contents '.length - 1 - emptyRange.length, 'latin1');
  return { bytes, contentsStart, contentsEnd };
}

/** The two parts of the file that the signature covers. */
export function coveredParts({ bytes, contentsStart, contentsEnd }: LaidOutSignature): Buffer[] {
  return [bytes.subarray(0, contentsStart), bytes.subarray(contentsEnd)];
}

/** Puts the signature into its place; what room is left stays zero. */
export function fillSignature(laidOut: LaidOutSignature, signature: Uint8Array): Buffer {
  const room = (laidOut.contentsEnd - laidOut.contentsStart - 2) / 2;
  if (signature.length > room) throw new RangeError(`a signature of ${signature.length} bytes has room for ${room}`);
  laidOut.bytes.write(Buffer.from(signature).toString('hex'), laidOut.contentsStart + 1, 'latin1');
  return laidOut.bytes;
}

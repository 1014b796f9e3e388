import { createHash } from 'node:crypto';
import type { PdfFile } from './pdf-file.js';
import { serialize, type PdfDictionary } from './values.js';

/** An object of an incremental update: its number and what stands between `obj` and `endobj`. */
export interface WrittenObject {
  number: number;
  body: string | Buffer;
}

/** A file with an incremental update at its end, and where that holds the bodies of its objects. */
export interface AppendedRevision {
  bytes: Buffer;
  bodyStarts: ReadonlyMap<number, number>;
}

/**
 * Appends the objects to the file as one incremental update (ISO 32000-1, 7.5.6) with a classic cross-reference table.
 * The second part of the file's `/ID` is drawn from the bytes before, so that equal inputs give equal bytes.
 */
export function appendRevision(file: PdfFile, objects: readonly WrittenObject[]): AppendedRevision {
  const last = file.revisions.at(-1)!;
  const sorted = [...objects].sort((left, right) => left.number - right.number);
  const parts: Buffer[] = [file.bytes];
  let length = file.bytes.length;
  const put = (part: string | Buffer): void => {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
    parts.push(bytes);
    length += bytes.length;
  };
  const bodyStarts = new Map<number, number>();
  const entries: string[] = [];
  for (const { number, body } of sorted) {
    entries.push(`${number} 1\n${length.toString().padStart(10, '0')} 00000 n \n`);
    put(`${number} 0 obj\n`);
    bodyStarts.set(number, length);
    put(body);
    put('\nendobj\n');
  }
  const tableOffset = length;
  const size = Math.max(last.size, 1 + Math.max(...sorted.map(({ number }) => number)));
  put(`xref\n${entries.join('')}trailer\n${trailer(file, size, last.tableOffset, last.trailer)}`);
  put(`\nstartxref\n${tableOffset}\n%%EOF\n`);
  return { bytes: Buffer.concat(parts, length), bodyStarts };
}

function trailer(file: PdfFile, size: number, previous: number, before: PdfDictionary): string {
  const id = before.entries.get('ID');
  const first = id?.kind === 'array' ? id.items[0] : undefined;
  const second = createHash('sha256').update(file.bytes).digest().subarray(0, 16);
  const kept = ['Root', 'Info'].flatMap((key) => {
    const value = before.entries.get(key);
    return value ? [`/${key} ${serialize(value)}`] : [];
  });
  const identifier = first ? ` /ID [${serialize(first)} <${second.toString('hex')}>]` : '';
  return `<< /Size ${size} ${kept.join(' ')}${identifier} /Prev ${previous} >>`;
}

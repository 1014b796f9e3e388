/** What a PDF file consists of (ISO 32000-1, 7.3), as the strict reader gives it. */
export type PdfValue = PdfNull | PdfBoolean | PdfNumber | PdfName | PdfString | PdfArray | PdfDictionary | PdfReference;

export interface PdfNull {
  kind: 'null';
}
export interface PdfBoolean {
  kind: 'boolean';
  value: boolean;
}
export interface PdfNumber {
  kind: 'number';
  value: number;
}
export interface PdfName {
  kind: 'name';
  value: string;
}
export interface PdfString {
  kind: 'string';
  bytes: Buffer;
  /** Written as `<…>`. */
  hex: boolean;
  /** Where its first delimiter stands in the file, and the position after its last one. */
  start: number;
  end: number;
}
export interface PdfArray {
  kind: 'array';
  items: PdfValue[];
}
export interface PdfDictionary {
  kind: 'dictionary';
  entries: Map<string, PdfValue>;
}
/** A reference to the object of this number; generations other than 0 are refused by the reader. */
export interface PdfReference {
  kind: 'reference';
  number: number;
}

/** An indirect object and the bytes it takes, from its number to the end of `endobj`. */
export interface PdfObject {
  number: number;
  start: number;
  end: number;
  value: PdfValue;
  /** The place of its data, where it is a stream. */
  stream?: { start: number; end: number };
}

/** The text of a value as our writer puts it; two values are equal exactly when these texts are. */
export function serialize(value: PdfValue): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(value.value);
    case 'number':
      return String(value.value);
    case 'name':
      return `/${escapeName(value.value)}`;
    case 'string':
      return stringText(value.bytes);
    case 'array':
      return `[${value.items.map(serialize).join(' ')}]`;
    case 'dictionary':
      return `<< ${[...value.entries].map(([key, entry]) => `/${escapeName(key)} ${serialize(entry)}`).join(' ')} >>`;
    case 'reference':
      return `${value.number} 0 R`;
  }
}

/** Whether two values say the same; the order of a dictionary's entries says nothing. */
export function sameValue(left: PdfValue | undefined, right: PdfValue | undefined): boolean {
  if (left?.kind === 'dictionary' && right?.kind === 'dictionary') {
    if (left.entries.size !== right.entries.size) return false;
    return [...left.entries].every(([key, entry]) => sameValue(entry, right.entries.get(key)));
  }
  if (left?.kind === 'array' && right?.kind === 'array') {
    if (left.items.length !== right.items.length) return false;
    return left.items.every((item, index) => sameValue(item, right.items[index]));
  }
  return left !== undefined && right !== undefined && serialize(left) === serialize(right);
}

/** A text string (ISO 32000-1, 7.9.2): as it is where it is printable ASCII, else UTF-16 with its mark. */
export function textString(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return stringText(Buffer.from(text, 'latin1'));
  return stringText(Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]));
}

/** The text that a text string holds. PDFDocEncoding is read as far as it is Latin-1. */
export function textOf(bytes: Buffer): string {
  if (bytes[0] !== 0xfe || bytes[1] !== 0xff) return bytes.toString('latin1');
  const units = bytes.subarray(2, bytes.length - (bytes.length % 2));
  return Buffer.from(units).swap16().toString('utf16le');
}

function stringText(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  if (/^[\x20-\x7e]*$/.test(text)) return `(${text.replace(/[\\()]/g, '\\$&')})`;
  return `<${bytes.toString('hex')}>`;
}

function escapeName(name: string): string {
  return name.replace(/[^!-~]|[#()<>[\]{}/%]/g, (character) => {
    return `#${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

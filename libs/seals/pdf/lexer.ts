import type { PdfDictionary, PdfString, PdfValue } from './values.js';

/** A file, or a part of one, that is not written as strictly as we read; `position` is a byte offset. */
export class PdfSyntaxError extends Error {
  override readonly name = 'PdfSyntaxError';

  constructor(
    message: string,
    readonly position: number,
  ) {
    super(`${message} (byte ${position})`);
  }
}

const deepest = 60;
const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12, '(': 40, ')': 41, '\\': 92 };

/** What each byte is (ISO 32000-1, 7.2.2): white space and delimiters end a word. */
const regular = 0;
const whitespace = 1;
const delimiter = 2;
const classes = new Uint8Array(256);
for (const byte of [0, 9, 10, 12, 13, 32]) classes[byte] = whitespace;
for (const character of '()<>[]{}/%') classes[character.charCodeAt(0)] = delimiter;

/**
 * Reads PDF values from bytes, more strictly than viewers do: no comments, no duplicate keys, no generations but 0. What
 * one reader passes over in silence and another one reads is where a changed document hides.
 */
export class PdfLexer {
  constructor(
    readonly bytes: Buffer,
    public position = 0,
    private readonly end = bytes.length,
  ) {}

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  skipWhitespace(): void {
    while (this.position < this.end && classes[this.bytes[this.position]!] === whitespace) this.position += 1;
  }

  /** Whether the text stands here. */
  at(text: string): boolean {
    if (this.position + text.length > this.end) return false;
    for (let index = 0; index < text.length; index += 1) {
      if (this.bytes[this.position + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  /** Passes over the text where it stands here. */
  take(text: string): boolean {
    if (!this.at(text)) return false;
    this.position += text.length;
    return true;
  }

  /** @throws PdfSyntaxError unless the text stands here */
  expect(text: string): void {
    if (!this.take(text)) throw this.fault(`expected ${JSON.stringify(text)}`);
  }

  /** A whole number of at most ten digits, without sign or leading blanks. */
  unsigned(): number {
    const start = this.position;
    while (this.isDigit(this.position)) this.position += 1;
    const length = this.position - start;
    if (length === 0 || length > 10) throw this.fault('expected a number', start);
    return Number(this.bytes.toString('latin1', start, this.position));
  }

  fault(message: string, position = this.position): PdfSyntaxError {
    return new PdfSyntaxError(message, position);
  }

  /** The next value; white space before it is passed over. */
  value(depth = 0): PdfValue {
    if (depth > deepest) throw this.fault('values are nested too deeply');
    this.skipWhitespace();
    switch (this.bytes[this.position]) {
      case 0x2f:
        this.position += 1;
        return { kind: 'name', value: this.name() };
      case 0x3c:
        return this.take('<<') ? this.dictionary(depth) : this.hexString();
      case 0x28:
        return this.literalString();
      case 0x5b:
        this.position += 1;
        return this.array(depth);
      default:
        return this.atom();
    }
  }

  /** A value without delimiters: a number, a reference, a truth value or nothing. */
  private atom(): PdfValue {
    const word = this.word();
    if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true' };
    if (word === 'null') return { kind: 'null' };
    if (/^\d+$/.test(word) && this.takeReferenceTail()) return { kind: 'reference', number: Number(word) };
    if (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(word)) return { kind: 'number', value: Number(word) };
    throw this.fault('expected a value', this.position - word.length);
  }

  /** The characters up to the next white space or delimiter; may be empty. */
  word(): string {
    const start = this.position;
    while (this.position < this.end && classes[this.bytes[this.position]!] === regular) this.position += 1;
    return this.bytes.toString('latin1', start, this.position);
  }

  private takeReferenceTail(): boolean {
    if (!this.at(' 0 R')) return false;
    const next = this.bytes[this.position + 4];
    if (next !== undefined && this.position + 4 < this.end && classes[next] === regular) return false;
    this.position += 4;
    return true;
  }

  private name(): string {
    const start = this.position;
    const word = this.word();
    if (!word.includes('#')) return word;
    return word.replace(/#(..?)?/g, (escape: string, digits?: string) => {
      if (!/^#[0-9A-Fa-f]{2}$/.test(escape)) throw this.fault('a name has a wrong escape', start);
      return String.fromCharCode(parseInt(digits ?? '', 16));
    });
  }

  private dictionary(depth: number): PdfDictionary {
    const entries = new Map<string, PdfValue>();
    for (;;) {
      this.skipWhitespace();
      if (this.take('>>')) return { kind: 'dictionary', entries };
      const start = this.position;
      this.expect('/');
      const key = this.name();
      if (entries.has(key)) throw this.fault(`the key /${key} is there twice`, start);
      entries.set(key, this.value(depth + 1));
    }
  }

  private array(depth: number): PdfValue {
    const items: PdfValue[] = [];
    for (;;) {
      this.skipWhitespace();
      if (this.take(']')) return { kind: 'array', items };
      items.push(this.value(depth + 1));
    }
  }

  private hexString(): PdfString {
    const start = this.position;
    const close = this.bytes.indexOf('>', start);
    if (close < 0 || close >= this.end) throw this.fault('a string has no end', start);
    const digits = this.bytes.toString('latin1', start + 1, close);
    if (digits.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(digits))
      throw this.fault('a string is not hexadecimal', start);
    this.position = close + 1;
    return { kind: 'string', bytes: Buffer.from(digits, 'hex'), hex: true, start, end: this.position };
  }

  private literalString(): PdfString {
    const start = this.position;
    this.position += 1;
    const content: number[] = [];
    for (let open = 1; ;) {
      if (this.atEnd) throw this.fault('a string has no end', start);
      const byte = this.bytes[this.position]!;
      this.position += 1;
      if (byte === 0x5c) {
        content.push(...this.escape());
        continue;
      }
      if (byte === 0x28) open += 1;
      if (byte === 0x29) open -= 1;
      if (open === 0) break;
      content.push(byte);
    }
    return { kind: 'string', bytes: Buffer.from(content), hex: false, start, end: this.position };
  }

  /** What follows a backslash: one escaped character, one to three octal digits, or a line that is continued. */
  private escape(): number[] {
    const character = String.fromCharCode(this.bytes[this.position] ?? 0);
    const known = escapes[character];
    if (known !== undefined) {
      this.position += 1;
      return [known];
    }
    if (this.take('\r\n') || this.take('\n') || this.take('\r')) return [];
    const octal = /^[0-7]{1,3}/.exec(
      this.bytes.toString('latin1', this.position, Math.min(this.position + 3, this.end)),
    )?.[0];
    if (octal === undefined) throw this.fault('a string has a wrong escape');
    this.position += octal.length;
    return [parseInt(octal, 8) & 0xff];
  }

  private isDigit(position: number): boolean {
    return position < this.end && this.bytes[position]! >= 0x30 && this.bytes[position]! <= 0x39;
  }
}

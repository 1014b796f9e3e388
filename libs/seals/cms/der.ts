/** Writes the few ASN.1 values that signatures need, in DER (ITU-T X.690). */
export const der = {
  sequence: (...parts: Uint8Array[]): Buffer => tagged(0x30, Buffer.concat(parts)),
  /** Members in the order that DER prescribes, whichever they come in. */
  set: (...parts: Uint8Array[]): Buffer => tagged(0x31, sortedMembers(parts)),
  /** `[number]`, constructed around the content. */
  context: (number: number, content: Uint8Array): Buffer => tagged(0xa0 + number, content),
  octetString: (content: Uint8Array): Buffer => tagged(0x04, content),
  bitString: (content: Uint8Array): Buffer => tagged(0x03, Buffer.concat([Buffer.of(0), content])),
  boolean: (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0)),
  nothing: (): Buffer => tagged(0x05, Buffer.alloc(0)),
  utf8String: (text: string): Buffer => tagged(0x0c, Buffer.from(text, 'utf8')),
  /** An unsigned whole number from its bytes, most significant first. */
  unsigned: (bytes: Uint8Array): Buffer => tagged(0x02, integerContent(bytes)),
  small: (value: number): Buffer => tagged(0x02, integerContent(Buffer.of(value))),
  oid: (identifier: string): Buffer => tagged(0x06, oidContent(identifier)),
  /** UTCTime until 2049, GeneralizedTime from 2050 on, as RFC 5280 has it; to the second. */
  time: (at: Date): Buffer => {
    const digits = at.toISOString().replace(/[-:T]|\.\d{3}/g, '');
    return at.getUTCFullYear() < 2050
      ? tagged(0x17, Buffer.from(digits.slice(2), 'latin1'))
      : tagged(0x18, Buffer.from(digits, 'latin1'));
  },
};

/** Members of a SET OF sorted by their encodings. */
export function sortedMembers(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...parts].sort((left, right) => Buffer.compare(left, right)));
}

/** Content under a tag of one byte. */
export function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.concat([Buffer.of(tag, 0x80 + digits.length, ...digits), content]);
}

function integerContent(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return Buffer.of(0);
  const digits = Buffer.from(bytes.subarray(first));
  return digits[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
}

function oidContent(identifier: string): Buffer {
  const [first = 0, second = 0, ...others] = identifier.split('.').map(Number);
  return Buffer.from([first * 40 + second, ...others].flatMap(base128));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) + 128);
  return digits;
}

/** Bytes that are not DER, or not the structure that was expected. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** One value: its tag, its content, and all its bytes. */
export interface DerNode {
  tag: number;
  content: Buffer;
  bytes: Buffer;
}

/**
 * Reads the value at the beginning of the bytes; lengths must be as short as they can be.
 *
 * @throws DerError
 */
export function readDer(bytes: Buffer): DerNode {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('a value is cut off');
  let length = first;
  let start = 2;
  if (first >= 0x80) {
    const digits = first - 0x80;
    if (digits < 1 || digits > 4 || bytes.length < 2 + digits) throw new DerError('a length is not in DER');
    length = bytes.readUIntBE(2, digits);
    start += digits;
    if (length < 0x80 || length < 256 ** (digits - 1)) throw new DerError('a length is longer than it need be');
  }
  if (start + length > bytes.length) throw new DerError('a value is cut off');
  return { tag, content: bytes.subarray(start, start + length), bytes: bytes.subarray(0, start + length) };
}

/** All values that the content of a constructed one holds. */
export function derChildren(content: Buffer): DerNode[] {
  const children: DerNode[] = [];
  for (let at = 0; at < content.length;) {
    const child = readDer(content.subarray(at));
    children.push(child);
    at += child.bytes.length;
  }
  return children;
}

/** The child at `index`, which must have this tag. */
export function derChild(children: readonly DerNode[], index: number, tag: number): DerNode {
  const child = children[index];
  if (child?.tag !== tag) throw new DerError(`expected a value with the tag 0x${tag.toString(16)}`);
  return child;
}

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { isCurrency } from '../../kernel/currency.js';
import { fromDecimalString, type Money } from '../../kernel/money.js';
import { maxAmountMinor } from './decimals.js';
import { unreadable } from './unreadable.js';

/** The largest file that is read. */
export const maxBankFileBytes = 20 * 1_048_576;

type Parsed = Record<string, unknown>;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

const textKey = '#text';
const attributesKey = ':@';

/** An element as it was read: it knows its place, so that every refusal can name it. */
export class XmlNode {
  private read: readonly XmlNode[] | undefined;

  constructor(
    readonly name: string,
    readonly place: string,
    private readonly prefix: string,
    private readonly parsed: readonly Parsed[],
    private readonly attributes: Readonly<Record<string, string>>,
  ) {}

  /** The elements of a name below this one, in their order. */
  all(name: string): XmlNode[] {
    return this.children().filter((child) => child.name === name);
  }

  /** The element of a name; undefined where there is none. @throws DomainError `invalid-document` for several */
  optional(name: string): XmlNode | undefined {
    const [first, second] = this.all(name);
    if (second) throw unreadable(second.place, 'stands there twice');
    return first;
  }

  /** @throws DomainError `invalid-document` where there is none, or several */
  one(name: string): XmlNode {
    const found = this.optional(name);
    if (!found) throw unreadable(`${this.place}/${name}`, 'is missing');
    return found;
  }

  /** The element that these names lead to; undefined where one of them is not there. */
  find(...names: readonly string[]): XmlNode | undefined {
    return names.reduce<XmlNode | undefined>((node, name) => node?.optional(name), this);
  }

  /** Refuses elements that a reader would have to know to understand the rest. */
  only(...names: readonly string[]): this {
    const stranger = this.children().find(({ name }) => !names.includes(name));
    if (stranger) throw unreadable(stranger.place, 'is not expected here');
    return this;
  }

  /** The text, trimmed. @throws DomainError `invalid-document` where it is empty, too long, or holds elements */
  text(maxLength = 140): string {
    const { parsed, place } = this;
    if (parsed.some((part) => !(textKey in part))) throw unreadable(place, 'must be a text');
    const text = decode(parsed.map((part) => String(part[textKey])).join(''), place).trim();
    if (text === '') throw unreadable(place, 'must not be empty');
    if (text.length > maxLength) throw unreadable(place, `must be at most ${maxLength} characters long`);
    return text;
  }

  attribute(name: string): string {
    const value = this.attributes[name];
    if (value === undefined) throw unreadable(`${this.place}/@${name}`, 'is missing');
    return decode(value, this.place);
  }

  /** An amount in major units with its currency, to the minor unit. */
  money(): Money {
    const currency = this.attribute('Ccy');
    if (!isCurrency(currency)) throw unreadable(`${this.place}/@Ccy`, 'is no currency of ISO 4217');
    const amountMinor = fromDecimalString(this.text(), currency);
    if (amountMinor === undefined || amountMinor < 0n || amountMinor > maxAmountMinor) {
      throw unreadable(this.place, `must be an amount of ${currency} in major units`);
    }
    return { amountMinor, currency };
  }

  /** A count, at most 15 digits. */
  count(): number {
    const text = this.text();
    if (!/^\d{1,15}$/.test(text)) throw unreadable(this.place, 'must be a number of at most 15 digits');
    return Number(text);
  }

  private children(): readonly XmlNode[] {
    return (this.read ??= this.readChildren());
  }

  private readChildren(): XmlNode[] {
    const counts = new Map<string, number>();
    const nodes: XmlNode[] = [];
    for (const part of this.parsed) {
      const tag = tagOf(part);
      if (tag === undefined) continue;
      // Names of another namespace keep their prefix, so that nobody takes them for ours.
      const name = this.prefix !== '' && tag.startsWith(this.prefix) ? tag.slice(this.prefix.length) : tag;
      const number = counts.get(name) ?? 0;
      counts.set(name, number + 1);
      const place = `${this.place}/${name}${number === 0 ? '' : `/${number}`}`;
      nodes.push(new XmlNode(name, place, this.prefix, part[tag] as Parsed[], attributesOf(part)));
    }
    return nodes;
  }
}

/**
 * The root of a message and its namespace. Bytes must be UTF-8; a document type, an entity of its own and deep nesting
 * are refused before anything is made of them.
 *
 * @throws DomainError `invalid-document`
 */
export function readXml(bytes: Uint8Array): { root: XmlNode; namespace: string } {
  const text = textOf(bytes);
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw unreadable(`/line/${valid.err.line}`, 'the XML is not well-formed');
  const roots = parse(text).filter((part) => tagOf(part) !== undefined);
  const [part] = roots;
  if (!part || roots.length > 1) throw unreadable('', 'must have one root element');
  const tag = tagOf(part)!;
  const colon = tag.indexOf(':');
  const attributes = attributesOf(part);
  const namespace = attributes[colon < 0 ? 'xmlns' : `xmlns:${tag.slice(0, colon)}`];
  const name = tag.slice(colon + 1);
  if (namespace === undefined) throw unreadable(`/${name}`, 'must name its namespace');
  return { root: new XmlNode(name, `/${name}`, tag.slice(0, colon + 1), part[tag] as Parsed[], attributes), namespace };
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > maxBankFileBytes) throw unreadable('', `must be at most ${maxBankFileBytes} bytes`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable('', 'must be UTF-8');
  }
  const encoding = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) throw unreadable('', 'must be UTF-8');
  if (/<!(?!--)/.test(text)) throw unreadable('', 'must not have a document type, entities of its own or raw sections');
  return text;
}

function parse(text: string): Parsed[] {
  try {
    return parser.parse(text) as Parsed[];
  } catch {
    throw unreadable('', 'the XML is nested too deep, or has names that are not allowed');
  }
}

function tagOf(part: Parsed): string | undefined {
  return Object.keys(part).find((key) => key !== textKey && key !== attributesKey);
}

function attributesOf(part: Parsed): Record<string, string> {
  return (part[attributesKey] ?? {}) as Record<string, string>;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five entities that XML has by itself, and characters by their number. */
function decode(text: string, place: string): string {
  return text.replace(/&([^;&]{0,12})(;?)/g, (_whole, name: string, end: string) => {
    const number = /^#(?:(\d{1,7})|x([0-9a-f]{1,6}))$/i.exec(name);
    const code = number ? (number[1] === undefined ? parseInt(number[2]!, 16) : Number(number[1])) : undefined;
    const isCharacter = code !== undefined && code >= 0x20 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    const character = isCharacter ? String.fromCodePoint(code) : entities[name];
    if (character === undefined || end === '') throw unreadable(place, 'has an entity that is not allowed');
    return character;
  });
}

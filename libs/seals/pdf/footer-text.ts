import { PdfLexer, PdfSyntaxError } from './lexer.js';
import type { PdfFile } from './pdf-file.js';
import type { PdfPage } from './page-tree.js';
import { streamContent } from './streams.js';
import type { PdfDictionary, PdfValue } from './values.js';

/** Reads a font's codes: two bytes each, as documents of ours write them. */
type CodeReader = (bytes: Buffer) => string;

const mostOperations = 2_000_000;

/**
 * Reads what is printed at the head or foot of pages: the text inside `/Artifact << /Type /Pagination >>`. Keeps the
 * fonts that it has read, which pages share.
 */
export class FooterReader {
  private readonly fonts = new Map<PdfValue, CodeReader>();

  constructor(private readonly file: PdfFile) {}

  /** @throws PdfSyntaxError where the page's content cannot be read */
  read({ dictionary, resources }: PdfPage): string {
    const fonts = this.file.dictionaryAt(resources, 'Font');
    const content = this.contentOf(dictionary);
    const lexer = new PdfLexer(content);
    const state: TextState = { marks: [], text: '', font: undefined };
    let operands: PdfValue[] = [];
    let operations = 0;
    for (lexer.skipWhitespace(); !lexer.atEnd; lexer.skipWhitespace()) {
      if (beginsOperand(content[lexer.position]!)) {
        operands.push(lexer.value());
        continue;
      }
      const operator = lexer.word();
      operations += 1;
      if (operator === '' || operator === 'BI' || operations > mostOperations) {
        throw lexer.fault('the content of a page cannot be read');
      }
      this.apply(operator, operands, state, fonts);
      operands = [];
    }
    return state.text;
  }

  private contentOf(page: PdfDictionary): Buffer {
    const contents = page.entries.get('Contents');
    const streams = contents?.kind === 'array' ? contents.items : [contents];
    const separator = Buffer.from('\n');
    return Buffer.concat(streams.flatMap((stream) => [streamContent(this.file, stream), separator]));
  }

  private apply(
    operator: string,
    operands: readonly PdfValue[],
    state: TextState,
    fonts: PdfDictionary | undefined,
  ): void {
    if (operator === 'BMC' || operator === 'BDC') state.marks.push(isPagination(operands));
    else if (operator === 'EMC') state.marks.pop();
    else if (operator === 'Tf') state.font = this.fontOf(fonts, operands[0]);
    else if ((operator === 'Tj' || operator === 'TJ') && state.marks.includes(true)) {
      const shown = operands[0]?.kind === 'array' ? operands[0].items : operands;
      for (const part of shown) if (part.kind === 'string') state.text += state.font?.(part.bytes) ?? '';
    }
  }

  private fontOf(fonts: PdfDictionary | undefined, name: PdfValue | undefined): CodeReader | undefined {
    const reference = name?.kind === 'name' ? fonts?.entries.get(name.value) : undefined;
    const font = this.file.resolve(reference);
    if (font?.kind !== 'dictionary') return undefined;
    const known = this.fonts.get(font);
    if (known) return known;
    const reader = codeReader(streamContent(this.file, font.entries.get('ToUnicode')).toString('latin1'));
    this.fonts.set(font, reader);
    return reader;
  }
}

interface TextState {
  /** For each marked stretch that is open, whether it is pagination. */
  marks: boolean[];
  text: string;
  font: CodeReader | undefined;
}

/** Digits, signs, and the first characters of strings, names, arrays and dictionaries. */
function beginsOperand(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || '+-.(</['.includes(String.fromCharCode(byte));
}

function isPagination([tag, properties]: readonly PdfValue[]): boolean {
  const type = properties?.kind === 'dictionary' ? properties.entries.get('Type') : undefined;
  return tag?.kind === 'name' && tag.value === 'Artifact' && type?.kind === 'name' && type.value === 'Pagination';
}

const ranges = /<([0-9a-f]{4})> <([0-9a-f]{4})> \[([^\]]*)\]/g;

/** The reader that a ToUnicode map of the form that pdfkit writes describes. */
function codeReader(map: string): CodeReader {
  const texts = new Map<number, string>();
  for (const [, first = '', , list = ''] of map.matchAll(ranges)) {
    [...list.matchAll(/<([0-9a-f ]*)>/g)].forEach(([, units = ''], index) => {
      const encoded = Buffer.from(units.replaceAll(' ', ''), 'hex');
      if (encoded.length % 2 === 0) texts.set(parseInt(first, 16) + index, encoded.swap16().toString('utf16le'));
    });
  }
  return (bytes) => {
    if (bytes.length % 2 !== 0) throw new PdfSyntaxError('a text has half a character', 0);
    let text = '';
    for (let at = 0; at < bytes.length; at += 2) text += texts.get(bytes.readUInt16BE(at)) ?? '\ufffd';
    return text;
  };
}

import { EmbeddedFont, type PdfFont } from './embedded-font.js';
import { fontOf, type FontKey } from './fonts.js';
import type { ShapedText } from './shaping.js';
import type { TextLine, TextStyle } from './text-layout.js';

/** A stretch of operands of the operator `TJ`, all at one height above the base line. */
interface Operands {
  /** In thousandths of the font's size. */
  rise: number;
  text: string;
}

/**
 * Draws set lines into a document: one text object a line, in which each stretch stands at its place. pdfkit would shape,
 * measure and split each stretch again, which costs more than all else in a contract.
 */
export class TextPainter {
  private readonly fonts = new Map<FontKey, EmbeddedFont>();
  private readonly operands = new Map<ShapedText, Operands[]>();

  constructor(private readonly document: PDFKit.PDFDocument) {}

  /** Draws the line with its left end at `x` and its base line at `baseline`, in points from the upper left corner. */
  draw(line: TextLine, style: TextStyle, x: number, baseline: number): void {
    const parts = [`BT ${colorOperands(style.color)} rg`];
    for (const segment of line.segments) {
      const font = this.embedded(segment.font);
      parts.push(`/${font.font.id} ${style.size} Tf 1 0 0 -1 ${rounded(x + segment.left)} ${rounded(baseline)} Tm`);
      for (const { rise, text } of merged(segment.words.flatMap((word) => this.operandsOf(segment.font, word)))) {
        const show = `[${text}] TJ`;
        parts.push(rise === 0 ? show : `${rounded((rise * style.size) / 1000)} Ts ${show} 0 Ts`);
      }
    }
    this.document.addContent(`${parts.join('\n')}\nET`);
  }

  /** The font as this document embeds it, named on the page that is being written. */
  private embedded(key: FontKey): EmbeddedFont {
    let font = this.fonts.get(key);
    if (!font) {
      // pdfkit takes parsed fonts too, by their `layout` method; its types do not say so.
      this.document.font(fontOf(key) as unknown as Uint8Array, key);
      font = new EmbeddedFont((this.document as unknown as { _font: PdfFont })._font);
      this.fonts.set(key, font);
    }
    (this.document.page.fonts as Record<string, unknown>)[font.font.id] ??= font.font.ref();
    return font;
  }

  /** The same words come again and again: each is encoded once in a document. */
  private operandsOf(key: FontKey, shaped: ShapedText): Operands[] {
    const known = this.operands.get(shaped);
    if (known) return known;
    const operands = encode(shaped, this.embedded(key));
    this.operands.set(shaped, operands);
    return operands;
  }
}

function encode({ glyphs }: ShapedText, font: EmbeddedFont): Operands[] {
  const all: Operands[] = [];
  let pending = 0;
  for (const glyph of glyphs) {
    const { width, advance, xOffset, yOffset } = glyph;
    const before = rounded(pending - xOffset);
    const hex = font.numberOf(glyph).toString(16).padStart(4, '0');
    const text = `${before === 0 ? '' : ` ${before} `}<${hex}>`;
    const last = all.at(-1);
    if (last?.rise === yOffset) last.text += text;
    else all.push({ rise: yOffset, text });
    pending = width - advance + xOffset;
  }
  const last = all.at(-1);
  if (last && rounded(pending) !== 0) last.text += ` ${rounded(pending)} `;
  return all;
}

/** Neighbours at one height as one: a stretch without raised signs is one operator. Glyphs side by side are one string. */
function merged(operands: readonly Operands[]): Operands[] {
  const all: Operands[] = [];
  for (const { rise, text } of operands) {
    const last = all.at(-1);
    if (last?.rise === rise) last.text += text;
    else all.push({ rise, text });
  }
  return all.map(({ rise, text }) => ({ rise, text: text.replaceAll('><', '') }));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

const inks = new Map<string, string>();

/** `#1c1c1c` as the three numbers of the operator `rg`. */
function colorOperands(color: string): string {
  const known = inks.get(color);
  if (known !== undefined) return known;
  const parts = [1, 3, 5].map((at) => rounded(Number.parseInt(color.slice(at, at + 2), 16) / 255));
  const operands = parts.join(' ');
  inks.set(color, operands);
  return operands;
}

import type { Font } from 'fontkit';
import type { GlyphPart, ShapedGlyph } from './shaping.js';

/** The part of a font that a document embeds, as fontkit makes it for TrueType outlines. */
interface Subset {
  font: Font;
  /** The glyph of the font behind each glyph of the subset. */
  glyphs: number[];
  includeGlyph(id: number): number;
  /** Writes one glyph while the subset is encoded. */
  _addGlyph(id: number): number;
  glyf: Uint8Array[];
  loca: { offsets: number[] };
  hmtx: { metrics: { advance: number; bearing: number }[] };
  offset: number;
}

/** What pdfkit keeps of a font that a document embeds, as far as a text needs it. */
export interface PdfFont {
  id: string;
  subset: Subset;
  /** By the glyph's number in the subset: its width, and the characters that it stands for. */
  widths: (number | undefined)[];
  unicode: (readonly number[] | undefined)[];
  ref(): unknown;
}

/**
 * Glyphs of one embedded font by what they stand for. A glyph that stands for different characters is embedded once for
 * each, and a letter is put together with its signs, so that text can be searched and extracted as it was written.
 */
export class EmbeddedFont {
  private readonly numbers = new Map<string | number, number>();
  private readonly composites: (readonly GlyphPart[])[] = [];

  constructor(readonly font: PdfFont) {
    const { subset } = font;
    const addGlyph = rememberingOutlines(subset);
    // Numbers below zero are no glyphs of the font: they name the composed ones.
    subset._addGlyph = (id) => (id >= 0 ? addGlyph(id) : addComposite(subset, this.composites[-id - 1] ?? []));
  }

  /** The glyph's number in the embedded font. */
  numberOf({ id, parts, codePoints, width }: ShapedGlyph): number {
    const key =
      parts || codePoints.length !== 1 ? longKey(id, parts, codePoints) : id * 0x200000 + (codePoints[0] ?? 0);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.include(id, parts);
    this.font.widths[number] = width;
    this.font.unicode[number] = codePoints;
    this.numbers.set(key, number);
    return number;
  }

  private include(id: number, parts: readonly GlyphPart[] | undefined): number {
    const { subset, unicode } = this.font;
    if (parts) return subset.glyphs.push(-this.composites.push(parts)) - 1;
    const number = subset.includeGlyph(id);
    return unicode[number] === undefined ? number : subset.glyphs.push(id) - 1;
  }
}

/** A glyph as it stands in every document that embeds it. */
interface Outline {
  bytes: Uint8Array;
  metrics: { advance: number; bearing: number };
}

/** By parsed font: the few hundred glyphs that documents of one language are set in. */
const outlines = new WeakMap<Font, Map<number, Outline>>();

/**
 * Adds glyphs as fontkit does, but reads each outline once in the life of the process, not once for each document. A
 * glyph that names others is read anew: the numbers in it are those of one document.
 */
function rememberingOutlines(subset: Subset): (id: number) => number {
  const addGlyph = subset._addGlyph.bind(subset);
  let known = outlines.get(subset.font);
  if (!known) outlines.set(subset.font, (known = new Map<number, Outline>()));
  const read = known;
  return (id) => {
    const outline = read.get(id);
    if (!outline) {
      const place = addGlyph(id);
      const [bytes, metrics] = [subset.glyf[place], subset.hmtx.metrics[place]];
      if (bytes && metrics && !isComposed(bytes)) read.set(id, { bytes, metrics });
      return place;
    }
    subset.glyf.push(outline.bytes);
    subset.loca.offsets.push(subset.offset);
    subset.hmtx.metrics.push(outline.metrics);
    subset.offset += outline.bytes.length;
    return subset.glyf.length - 1;
  };
}

/** Its number of contours, which comes first, is below zero (OpenType, `glyf`). */
function isComposed(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) >= 0x80;
}

function longKey(id: number, parts: readonly GlyphPart[] | undefined, codePoints: readonly number[]): string {
  const shown = parts ? parts.map((part) => `${part.id},${part.x},${part.y}`).join(';') : `${id}`;
  return `${shown}:${codePoints.join(' ')}`;
}

/** Flags of a part of a composed glyph (OpenType, `glyf`). */
const offsetsAreWords = 0x1;
const offsetsAreXy = 0x2;
const moreParts = 0x20;

/** Writes a glyph that is put together from others, each moved to its place. */
function addComposite(subset: Subset, parts: readonly GlyphPart[]): number {
  const glyphs = parts.map(({ id }) => subset.font.getGlyph(id));
  const view = new DataView(new ArrayBuffer(10 + 8 * parts.length));
  const boxes = parts.map(({ x, y }, index) => {
    const box = glyphs[index]?.cbox;
    if (!box) throw new Error('a composed glyph has a part that the font lacks');
    return { minX: box.minX + x, minY: box.minY + y, maxX: box.maxX + x, maxY: box.maxY + y };
  });
  view.setInt16(0, -1);
  view.setInt16(2, Math.min(...boxes.map(({ minX }) => minX)));
  view.setInt16(4, Math.min(...boxes.map(({ minY }) => minY)));
  view.setInt16(6, Math.max(...boxes.map(({ maxX }) => maxX)));
  view.setInt16(8, Math.max(...boxes.map(({ maxY }) => maxY)));
  parts.forEach(({ id, x, y }, index) => {
    const at = 10 + 8 * index;
    view.setUint16(at, offsetsAreWords | offsetsAreXy | (index < parts.length - 1 ? moreParts : 0));
    view.setUint16(at + 2, subset.includeGlyph(id));
    view.setInt16(at + 4, x);
    view.setInt16(at + 6, y);
  });
  const bytes = new Uint8Array(view.buffer);
  subset.glyf.push(bytes);
  subset.loca.offsets.push(subset.offset);
  subset.hmtx.metrics.push({ advance: glyphs[0]?.advanceWidth ?? 0, bearing: view.getInt16(2) });
  subset.offset += bytes.length;
  return subset.glyf.length - 1;
}

import type { GlyphPosition } from 'fontkit';
import { fontOf, type FontKey } from './fonts.js';
import { mirrored } from './mirrored.js';

/** A glyph of a font, in its place in a composed one: font units from the origin. */
export interface GlyphPart {
  id: number;
  x: number;
  y: number;
}

/** One glyph of a shaped text; lengths in thousandths of the font's size. */
export interface ShapedGlyph {
  /** The glyph; for a composed one the letter, which comes first in `parts`. */
  id: number;
  /** The letter and its dots and marks, where they are glyphs of their own. */
  parts?: readonly GlyphPart[];
  /** The characters that it stands for, for those who search or listen. */
  codePoints: readonly number[];
  /** The glyph's own width. */
  width: number;
  /** How far the pen moves after it. */
  advance: number;
  xOffset: number;
  yOffset: number;
}

/** A text as glyphs from left to right, whatever direction it is read in. */
export interface ShapedText {
  glyphs: readonly ShapedGlyph[];
  /** In thousandths of the font's size. */
  advance: number;
}

/** Words kept shaped per face: contracts of one program share a few hundred. */
const maxShapedWords = 4_000;

/** An id, a hash, a reference: sixteen or more characters with a digit among them. No two documents share it. */
const reference = /^(?=[!-~]*\d)[!-~]{16,} *$/;

const shaped = new Map<string, Map<string, ShapedText>>();

/**
 * The text in one face and one direction; brackets are mirrored where it is read from right to left. Remembered, because
 * shaping is most of what setting a text costs; but for references, which are set letter by letter, without ligatures and kerning.
 */
export function shape(key: FontKey, text: string, isRightToLeft: boolean): ShapedText {
  if (!isRightToLeft && reference.test(text)) return letterByLetter(key, text);
  const place = isRightToLeft ? `${key} rtl` : key;
  let known = shaped.get(place);
  if (!known) shaped.set(place, (known = new Map<string, ShapedText>()));
  const before = known.get(text);
  if (before) return before;
  const glyphs = isRightToLeft ? rightToLeftGlyphs(key, text) : glyphsOf(key, text, 'ltr').map(({ glyph }) => glyph);
  const made = { glyphs, advance: glyphs.reduce((sum, glyph) => sum + glyph.advance, 0) };
  if (known.size >= maxShapedWords) known.clear();
  known.set(text, made);
  return made;
}

function letterByLetter(key: FontKey, text: string): ShapedText {
  const letters = [...text].map((letter) => shape(key, letter, false));
  const advance = letters.reduce((sum, letter) => sum + letter.advance, 0);
  return { glyphs: letters.flatMap(({ glyphs }) => glyphs), advance };
}

interface PlacedGlyph {
  glyph: ShapedGlyph;
  /** In font units. */
  position: GlyphPosition;
}

function glyphsOf(key: FontKey, text: string, direction: 'ltr' | 'rtl'): PlacedGlyph[] {
  const font = fontOf(key);
  const scale = 1000 / font.unitsPerEm;
  const run = font.layout(text, undefined, undefined, undefined, direction);
  return run.glyphs.map(({ id, codePoints, advanceWidth }, index) => {
    const position = run.positions[index];
    if (!position) throw new Error('a glyph was shaped and not placed');
    const { xAdvance, xOffset, yOffset } = position;
    const own = { id, codePoints, width: advanceWidth * scale, advance: xAdvance * scale };
    return { glyph: { ...own, xOffset: xOffset * scale, yOffset: yOffset * scale }, position };
  });
}

/**
 * Arabic faces draw a letter's dots and vowel signs as glyphs of their own, before the letter where it stands further to
 * the left. Programs that extract text take them for signs that stand alone, and letters that share a shape for each
 * other; so each letter is made one glyph again, which stands for that letter and its signs.
 */
function rightToLeftGlyphs(key: FontKey, text: string): ShapedGlyph[] {
  const placed = glyphsOf(key, mirrored(text), 'rtl');
  const glyphs: ShapedGlyph[] = [];
  let signs: PlacedGlyph[] = [];
  for (const each of placed) {
    if (each.position.xAdvance === 0) {
      signs.push(each);
      continue;
    }
    glyphs.push(composed(each, signs));
    signs = [];
  }
  return [...glyphs, ...signs.map(({ glyph }) => glyph)];
}

function composed(letter: PlacedGlyph, signs: readonly PlacedGlyph[]): ShapedGlyph {
  // What was mirrored to be drawn still stands for the character that was written.
  const own = letter.glyph.codePoints.map((codePoint) => mirrored(String.fromCodePoint(codePoint)).codePointAt(0) ?? 0);
  if (signs.length === 0) return { ...letter.glyph, codePoints: own };
  // Told as they lie from left to right, the letter last, like glyphs: whoever extracts text turns them all round.
  const codePoints = [...signs.flatMap(({ glyph }) => glyph.codePoints), ...own];
  const parts = [letter, ...signs].map(({ glyph, position }) => ({
    id: glyph.id,
    x: Math.round(position.xOffset),
    y: Math.round(position.yOffset),
  }));
  return { ...letter.glyph, xOffset: 0, yOffset: 0, parts, codePoints };
}

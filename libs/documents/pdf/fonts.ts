import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font, type GlyphRun } from 'fontkit';

/** The faces that documents are set in. */
export type FontKey = 'regular' | 'bold' | FallbackKey;
type FallbackKey = 'arabic' | 'hebrew' | 'thai' | 'han' | 'hangul';

const files: Record<FontKey, string> = {
  regular: '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf',
  arabic: '@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf',
  hebrew: '@expo-google-fonts/noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf',
  thai: '@expo-google-fonts/noto-sans-thai/400Regular/NotoSansThai_400Regular.ttf',
  han: '@expo-google-fonts/chocolate-classical-sans/400Regular/ChocolateClassicalSans_400Regular.ttf',
  hangul: '@expo-google-fonts/gowun-dodum/400Regular/GowunDodum_400Regular.ttf',
};

/** Asked in this order for what the face of the text lacks; one weight each, as they set names and not headings. */
const fallbacks: readonly FallbackKey[] = ['arabic', 'hebrew', 'thai', 'han', 'hangul'];

const rightToLeft: ReadonlySet<FontKey> = new Set(['arabic', 'hebrew']);

const resolve = createRequire(import.meta.url).resolve;
const parsed = new Map<FontKey, Font>();

/** The face, parsed at its first use and kept: parsing costs several times what setting a whole contract does. */
export function fontOf(key: FontKey): Font {
  const known = parsed.get(key);
  if (known) return known;
  const font = create(readFileSync(resolve(files[key])));
  if (!('layout' in font)) throw new Error(`${files[key]} is a collection, not one font`);
  const remembering = rememberingShapes(font);
  parsed.set(key, remembering);
  return remembering;
}

/** Words kept shaped per face: contracts of one program share a few hundred; references of events would only fill it. */
const maxShapedWords = 4_000;

/**
 * The same font with the outcome of `layout` remembered: shaping is most of what setting a text costs. Positions are
 * handed out as copies, because pdfkit scales them in place.
 */
function rememberingShapes(font: Font): Font {
  const shaped = new Map<string, GlyphRun>();
  const layout: Font['layout'] = (text, features, ...others) => {
    if (features !== undefined || others.some((other) => other !== undefined)) {
      return font.layout(text, features, ...others);
    }
    const run = shaped.get(text) ?? font.layout(text);
    if (shaped.size >= maxShapedWords) shaped.clear();
    shaped.set(text, run);
    return derived(run, { positions: run.positions.map((position) => ({ ...position })) });
  };
  return derived(font, { layout });
}

/** An object that behaves like `original` but for the properties given. */
function derived<T extends object>(original: T, properties: Partial<T>): T {
  return Object.assign(Object.create(original) as T, properties);
}

/** A stretch of text that one face can set. */
export interface FontRun {
  font: FontKey;
  text: string;
  rightToLeft: boolean;
}

/** Latin with its extensions: all of it is in the main face, so nothing need be looked up. */
const plainLatin = /^[\u0020-\u007e\u00a0-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2022]*$/;

/**
 * `text` cut into stretches by the face that has their characters. A character that no face has, and one that would
 * silently turn the reading direction, is written as its code point (`[U+1F600]`), so that nothing is ever left blank.
 */
export function fontRuns(text: string, main: 'regular' | 'bold'): FontRun[] {
  if (plainLatin.test(text)) return text === '' ? [] : [{ font: main, text, rightToLeft: false }];
  const runs: FontRun[] = [];
  for (const character of text) {
    const last = runs.at(-1);
    const font = faceFor(character, last?.font ?? main, main);
    const shown = font === undefined ? codePointNotation(character) : character;
    if (last && last.font === (font ?? main)) last.text += shown;
    else runs.push({ font: font ?? main, text: shown, rightToLeft: font !== undefined && rightToLeft.has(font) });
  }
  return runs;
}

/** The face for a character: the main one first, save that marks and joiners stay with the letters before them. */
function faceFor(character: string, current: FontKey, main: FontKey): FontKey | undefined {
  const codePoint = character.codePointAt(0) ?? 0;
  if (/[\p{Bidi_Control}\p{Cc}\p{Cs}]/u.test(character)) return undefined;
  const staysWithCurrent =
    /[\p{M}\p{Join_Control}]/u.test(character) && fontOf(current).hasGlyphForCodePoint(codePoint);
  if (staysWithCurrent) return current;
  return [main, ...fallbacks].find((key) => fontOf(key).hasGlyphForCodePoint(codePoint));
}

function codePointNotation(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font, type Glyph } from 'fontkit';

/** The faces that documents are set in. */
export type FontKey = MainFace | FallbackFace;
export type MainFace = 'regular' | 'bold';
type FallbackFace = 'arabic' | 'arabicBold' | 'hebrew' | 'thai' | 'han' | 'hangul';

const files: Record<FontKey, string> = {
  regular: '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf',
  arabic: '@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf',
  arabicBold: '@expo-google-fonts/noto-sans-arabic/700Bold/NotoSansArabic_700Bold.ttf',
  hebrew: '@expo-google-fonts/noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf',
  thai: '@expo-google-fonts/noto-sans-thai/400Regular/NotoSansThai_400Regular.ttf',
  han: '@expo-google-fonts/chocolate-classical-sans/400Regular/ChocolateClassicalSans_400Regular.ttf',
  hangul: '@expo-google-fonts/gowun-dodum/400Regular/GowunDodum_400Regular.ttf',
};

/** Faces asked in this order for what is read from left to right; but for Arabic one weight each, as they set names. */
const leftToRight: Readonly<Record<MainFace, readonly FontKey[]>> = {
  regular: ['regular', 'arabic', 'hebrew', 'thai', 'han', 'hangul'],
  bold: ['bold', 'arabicBold', 'hebrew', 'thai', 'han', 'hangul'],
};

/** The same from right to left: brackets and full stops come from the face of the letters that they stand among. */
const rightToLeft: Readonly<Record<MainFace, readonly FontKey[]>> = {
  regular: ['arabic', 'hebrew', 'regular', 'thai', 'han', 'hangul'],
  bold: ['arabicBold', 'hebrew', 'bold', 'thai', 'han', 'hangul'],
};

const resolve = createRequire(import.meta.url).resolve;
const parsed = new Map<FontKey, Font>();

/** The face, parsed at its first use and kept: parsing costs several times what setting a whole contract does. */
export function fontOf(key: FontKey): Font {
  const known = parsed.get(key);
  if (known) return known;
  const font = create(readFileSync(resolve(files[key])));
  if (!('layout' in font)) throw new Error(`${files[key]} is a collection, not one font`);
  tellCharactersApart(font);
  parsed.set(key, font);
  return font;
}

/**
 * fontkit keeps one object per glyph, with the characters of its first use. Letters that share a shape would then be
 * taken for each other by whoever extracts the text, so each use gets the characters that it stands for.
 */
function tellCharactersApart(font: Font): void {
  const getGlyph = font.getGlyph.bind(font);
  font.getGlyph = (id, codePoints) => {
    const glyph = getGlyph(id);
    if (codePoints === undefined || codePoints.length === 0) return glyph;
    return Object.assign(Object.create(glyph) as Glyph, { codePoints });
  };
}

/**
 * The face for a character. Marks and joiners stay with the letters before them (`current`), and so does what is read
 * from right to left, so that words of one script stay in one face. Undefined where no face has the character.
 */
export function faceFor(
  character: string,
  main: MainFace,
  isRightToLeft: boolean,
  current: FontKey | undefined,
): FontKey | undefined {
  const codePoint = character.codePointAt(0) ?? 0;
  const has = (key: FontKey) => fontOf(key).hasGlyphForCodePoint(codePoint);
  const stays = /[\p{M}\p{Join_Control}]/u.test(character) || isRightToLeft;
  if (current !== undefined && stays && has(current)) return current;
  return (isRightToLeft ? rightToLeft : leftToRight)[main].find(has);
}

import bidiModule from 'bidi-js';

/** The Unicode bidirectional algorithm. The package is CommonJS, while its types declare an ES default export. */
export const bidi = (bidiModule as unknown as typeof bidiModule.default)();

/** The text with its brackets turned round, as they are drawn where it is read from right to left. */
export function mirrored(text: string): string {
  return [...text].map((character) => bidi.getMirroredCharacter(character) ?? character).join('');
}

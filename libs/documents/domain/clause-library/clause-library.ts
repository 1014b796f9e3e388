import type { Language } from '../../../kernel/language.js';
import { arabicTexts } from './arabic.js';
import { englishTexts } from './english.js';
import { indonesianTexts } from './indonesian.js';
import type { ClauseTexts, TextKey } from './text-key.js';

const libraries: Readonly<Record<Language, ClauseTexts>> = {
  en: englishTexts,
  id: indonesianTexts,
  ar: arabicTexts,
};

/** The sentences that contracts in a language are made of. */
export function clauseTexts(language: Language): ClauseTexts {
  return libraries[language];
}

/** Every address, in the order of the library. */
export const textKeys = Object.keys(englishTexts) as TextKey[];

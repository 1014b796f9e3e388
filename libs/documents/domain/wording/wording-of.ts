import type { Language } from '../../../kernel/language.js';
import { arabicWording } from './arabic.js';
import { englishWording } from './english.js';
import { indonesianWording } from './indonesian.js';
import { noBreak } from './values.js';
import type { Wording, WordingContext } from './wording.js';

const wordings: Readonly<Record<Language, (context: WordingContext) => Wording>> = {
  en: ({ currency, timeZone }) => englishWording(currency, timeZone, noBreak),
  id: indonesianWording,
  ar: arabicWording,
};

/** The one formatter of a contract's values in a language. */
export function wordingOf(language: Language, context: WordingContext): Wording {
  return wordings[language](context);
}

import type { Language } from '../../kernel/language.js';

/** The language of a person's contract: their own where the program makes contracts in it, else the program's first. */
export function contractLanguage(personLanguage: Language, languages: readonly Language[]): Language {
  const [first] = languages;
  if (first === undefined) throw new RangeError('a program makes contracts in at least one language');
  return languages.includes(personLanguage) ? personLanguage : first;
}

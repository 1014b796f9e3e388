import type { Language } from '../../kernel/language.js';
import { wordingOf } from './wording/wording-of.js';
import type { Numerals } from './wording/wording.js';

/** What stands at the foot of each page. The terms hash is told alike in every language: programs look for it. */
export function pageLabels(language: Language, numerals?: Numerals) {
  const wording = wordingOf(language, { currency: 'USD', timeZone: 'UTC', ...(numerals && { numerals }) });
  const page = {
    en: (number: number, of: number) => `Page ${wording.count(number)} of ${wording.count(of)}`,
    id: (number: number, of: number) => `Halaman ${wording.count(number)} dari ${wording.count(of)}`,
    ar: (number: number, of: number) => `صفحة ${wording.count(number)} من ${wording.count(of)}`,
  };
  return { hash: (termsHash: string) => `Terms hash ${termsHash}`, page: page[language] };
}

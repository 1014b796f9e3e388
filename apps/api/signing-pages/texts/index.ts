import type { Language } from '../../../../libs/kernel/language.js';
import { arabicSigningTexts } from './arabic.js';
import { englishSigningTexts } from './english.js';
import { indonesianSigningTexts } from './indonesian.js';
import type { SigningTexts } from './signing-texts.js';

export { isolated, type Message, type SigningTexts } from './signing-texts.js';

const texts: Readonly<Record<Language, SigningTexts>> = {
  en: englishSigningTexts,
  id: indonesianSigningTexts,
  ar: arabicSigningTexts,
};

export function signingTexts(language: Language): SigningTexts {
  return texts[language];
}

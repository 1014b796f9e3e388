import { z } from 'zod';
import type { Language } from '../../kernel/language.js';
import { languageField } from './language.js';

const wording = z.string().min(1).max(4_000);

/** What people agree to. Its wordings in all languages share the version: who changes one of them names a new version. */
export const consentField = z.strictObject({
  version: z.string().min(1).max(40),
  /** For those whose language has no wording of its own. */
  text: wording,
  texts: z.partialRecord(languageField, wording).default({}),
});

export type ConsentSettings = z.infer<typeof consentField>;

/** The words as somebody reads them who is written to in this language. */
export function consentIn({ version, text, texts }: ConsentSettings, language: Language): Consent {
  return { version, text: texts[language] ?? text };
}

/** The words that one person agrees to. */
export interface Consent {
  version: string;
  text: string;
}

import type { Language } from '../../../libs/kernel/language.js';
import type { SigningFace } from '../../../libs/signatures/index.js';
import type { SigningTexts } from './texts/index.js';

/** What a form of a page carries unseen: the proof that the page is ours, and a key of its own, so that it counts once. */
export interface FormSeal {
  token: string;
  key: string;
}

/** All that the views of a signer's pages are made from. */
export interface PageContext {
  /** The address of the link; the pages of its signer lie below it. */
  base: string;
  language: Language;
  texts: SigningTexts;
  face: SigningFace;
  /** Names as they may be set into sentences. */
  company: string;
  program: string;
  form: FormSeal;
}

/** What is wrong with a field of a form that came back. */
export interface Fault {
  field: string;
  message: string;
}

/** What was given in a form, by the names of its fields. */
export type FormFields = Readonly<Record<string, string>>;

import { isRightToLeft, type Language } from '../../kernel/language.js';
import { ink } from './page-writer.js';
import type { TextStyle } from './text-layout.js';

const latin = {
  title: { font: 'bold', size: 20, lineHeight: 27, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  section: { font: 'bold', size: 11.5, lineHeight: 16, color: ink.text },
  clause: { font: 'bold', size: 9.5, lineHeight: 13.5, color: ink.text },
  body: { font: 'regular', size: 9.5, lineHeight: 13.5, color: ink.text },
  label: { font: 'regular', size: 7.5, lineHeight: 10.5, color: ink.muted },
} as const satisfies Record<string, TextStyle>;

export type ContractStyles = Record<keyof typeof latin, TextStyle>;

/** Arabic letters are smaller in their box and reach further down than Latin ones of the same size. */
const arabic: ContractStyles = {
  title: { ...latin.title, lineHeight: 33 },
  subtitle: { ...latin.subtitle, size: 11, lineHeight: 18 },
  section: { ...latin.section, size: 12.5, lineHeight: 20 },
  clause: { ...latin.clause, size: 10.5, lineHeight: 17 },
  body: { ...latin.body, size: 10.5, lineHeight: 17 },
  label: { ...latin.label, size: 8, lineHeight: 12.5 },
};

/** How the parts of a contract are set in a language. */
export function contractStyles(language: Language): ContractStyles {
  return isRightToLeft(language) ? arabic : latin;
}

import { isCurrency } from '../../kernel/currency.js';
import type { FieldError } from '../../kernel/domain-error.js';
import type { Language } from '../../kernel/language.js';
import { clauseTexts, textKeys } from './clause-library/clause-library.js';
import type { TextKey } from './clause-library/text-key.js';
import type { Rewordings } from './speech.js';
import { placeholdersOf } from './template.js';
import type { Numerals } from './wording/wording.js';

/** A clause that a program adds to its contracts, in each language that they are made in. */
export interface OwnClause {
  id: string;
  heading: Readonly<Partial<Record<Language, string>>>;
  /** Paragraphs; a line that begins with `• ` is an item of a list. */
  text: Readonly<Partial<Record<Language, string>>>;
}

/** How a program's contracts differ from others on the same terms: in words, never in numbers. */
export interface ContractStyle {
  numerals?: Numerals;
  /** Sentences in place of the library's, by language and address. */
  wordings?: Readonly<Partial<Record<Language, Rewordings>>>;
  clauses?: readonly OwnClause[];
  /** Whom partners ask: an address of mail or web. */
  support?: string;
}

/** A number of any script: digits, fractions, letters that stand for numbers. */
const number = /\p{N}/u;

/**
 * What is wrong with a style, by JSON pointers into it. `languages` are those that the program's contracts are made in.
 * A sentence of the program's own must say the same values as the one that it replaces, each as often, and no number
 * beside them. It is read by people before it is used: a number in letters is theirs to see.
 */
export function styleErrors(style: ContractStyle, languages: readonly Language[]): FieldError[] {
  return [
    ...Object.entries(style.wordings ?? {}).flatMap(([language, texts]) =>
      Object.entries(texts).flatMap(([key, text]) => rewordingErrors(language as Language, key, text)),
    ),
    ...(style.clauses ?? []).flatMap((clause, index) => ownClauseErrors(clause, `/clauses/${index}`, languages)),
    ...(style.clauses ?? []).flatMap(({ id }, index, all) =>
      all.findIndex((other) => other.id === id) < index
        ? [{ pointer: `/clauses/${index}/id`, message: 'is there twice' }]
        : [],
    ),
  ];
}

/** The heading and text of an own clause in a language. Throws where it has none: `styleErrors` found that before. */
export function ownClauseText(clause: OwnClause, language: Language): { heading: string; text: string } {
  const [heading, text] = [clause.heading[language], clause.text[language]];
  if (heading === undefined || text === undefined) {
    throw new Error(`clause ${clause.id} of the program has no text in ${language}`);
  }
  return { heading, text };
}

function rewordingErrors(language: Language, key: string, text: string): FieldError[] {
  const pointer = `/wordings/${language}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const error = (message: string): FieldError[] => [{ pointer, message }];
  if (!textKeys.includes(key as TextKey)) return error('is not a sentence of the clause library');
  const original = clauseTexts(language)[key as TextKey];
  if (placeholdersOf(text).join() !== placeholdersOf(original).join()) {
    const needed = placeholdersOf(original).map((name) => `{${name}}`);
    return error(needed.length === 0 ? 'must hold no placeholder' : `must hold exactly ${needed.join(', ')}`);
  }
  const words = text.replace(/\{[a-zA-Z]+\}/g, '');
  if (/[{}]/.test(words)) return error('holds a brace that is no placeholder');
  if (number.test(words)) return error('holds a number of its own: numbers come from the terms alone');
  return unprintable.test(text) ? error('holds a line break or a character that cannot be printed') : [];
}

/** Control characters, and those that turn the reading direction. */
const unprintable = /[\p{Cc}\p{Bidi_Control}\p{Cs}]/u;

function ownClauseErrors(clause: OwnClause, pointer: string, languages: readonly Language[]): FieldError[] {
  return (['heading', 'text'] as const).flatMap((part) =>
    languages.flatMap((language) => {
      const at = `${pointer}/${part}/${language}`;
      const text = clause[part][language];
      if (text === undefined) return [{ pointer: at, message: 'is missing: contracts are made in this language' }];
      if (unprintable.test(part === 'text' ? text.replace(/[\r\n\t]/g, '') : text)) {
        return [{ pointer: at, message: 'holds a character that cannot be printed' }];
      }
      return namesRateOrAmount(text)
        ? [{ pointer: at, message: 'names a rate or an amount of money: those come from the terms alone' }]
        : [];
    }),
  );
}

const percent = '(?:[%٪‰]|percent|per cent|persen|بالمئة|بالمائة|في المئة|في المائة)';
const rate = new RegExp(`\\p{N}\\s*${percent}|${percent}\\s*\\p{N}`, 'iu');
const amount = /\p{Sc}\s*\p{N}|\p{N}\s*\p{Sc}|(?<!\p{L})Rp\.?\s*\p{N}/u;

/**
 * Whether a text has a number beside a percent sign or a currency. What is promised must be what is priced, and a clause
 * of the program's own is not priced; a number of days or pages promises no money and may stand.
 */
function namesRateOrAmount(text: string): boolean {
  const codes = [...text.matchAll(/(?<!\p{L})([A-Z]{3})\s*\p{N}|\p{N}\s*([A-Z]{3})(?!\p{L})/gu)];
  return rate.test(text) || amount.test(text) || codes.some(([, before, after]) => isCurrency(before ?? after ?? ''));
}

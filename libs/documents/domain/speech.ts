import { isRightToLeft, type Language } from '../../kernel/language.js';
import { clauseTexts } from './clause-library/clause-library.js';
import type { TextKey, ValuesOf } from './clause-library/text-key.js';
import { listMark } from './clause.js';
import { embedded } from './direction.js';
import { fill } from './template.js';
import { wordingOf } from './wording/wording-of.js';
import type { Wording, WordingContext } from './wording/wording.js';

/** Sentences of a program's own in place of the library's, by address. */
export type Rewordings = Readonly<Partial<Record<TextKey, string>>>;

/** A language as clauses are written in it: its sentences, and its wording of values. */
export class Speech {
  readonly wording: Wording;
  private readonly isRightToLeft: boolean;

  constructor(
    readonly language: Language,
    context: WordingContext,
    private readonly rewordings: Rewordings = {},
  ) {
    this.wording = wordingOf(language, context);
    this.isRightToLeft = isRightToLeft(language);
  }

  /** The sentence of this address, filled in. */
  say<Key extends TextKey>(key: Key, values: ValuesOf<Key>): string {
    const template = this.rewordings[key] ?? clauseTexts(this.language)[key];
    return fill(template, values, this.isRightToLeft);
  }

  /** A text of the terms as paragraphs: line breaks of all kinds are one, a tab is a space. */
  free(text: string): string {
    return embedded(text.replace(/\r\n?/g, '\n').replaceAll('\t', ' '), this.isRightToLeft);
  }

  /** Items as lines of a list; each but the last ends as the language has it, the last with a full stop. */
  list(items: readonly string[]): string[] {
    const last = items.length - 1;
    return items.map((item, index) => `${listMark}${item}${index === last ? '.' : this.wording.itemEnd}`);
  }

  /** Items as lines of a table-like list, which end with nothing. */
  rows(items: readonly string[]): string[] {
    return items.map((item) => `${listMark}${item}`);
  }

  /** Names of the terms, each in quotation marks: any of them will do. */
  anyQuoted(names: readonly string[]): string {
    return this.wording.any(names.map((name) => this.wording.quoted(name)));
  }
}

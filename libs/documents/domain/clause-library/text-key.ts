import type { englishTexts } from './english.js';

/** The address of one sentence: the clause, a dot, and which of its sentences. */
export type TextKey = keyof typeof englishTexts;

/** A clause of the library, which has a version of its own. */
export type ClauseId = TextKey extends `${infer Clause}.${string}` ? Clause : never;

/** The sentences of one language. Each holds the same placeholders as the English one. */
export type ClauseTexts = Readonly<Record<TextKey, string>>;

/** The names in braces of a sentence, as a union. */
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** What must be given to fill a sentence. */
export type ValuesOf<Key extends TextKey> = Record<Placeholders<(typeof englishTexts)[Key]>, string>;

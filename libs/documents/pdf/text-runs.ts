import { faceFor, type FontKey, type MainFace } from './fonts.js';
import { bidi } from './mirrored.js';

/** A stretch of a paragraph in one face and one direction. */
export interface TextRun {
  /** Place in the paragraph's characters; the end is not part of it. */
  start: number;
  end: number;
  font: FontKey;
  /** Of the Unicode bidirectional algorithm: odd ones are read from right to left. */
  level: number;
}

/** A paragraph that is ready to be broken into lines: its text as it is shown, and its runs in reading order. */
export interface RunParagraph {
  text: string;
  runs: TextRun[];
  /** Whether anything in it is drawn in another order than it is read. */
  isReordered: boolean;
}

/** Latin with its extensions, and the space that holds words together: all of it is in the main face. */
const plainLatin = /^[\u0020-\u007e\u00a0-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2022]*$/;

/** Whether a text needs neither another face nor another order. */
export function isPlainLatin(text: string): boolean {
  return plainLatin.test(text);
}

/** Begins and ends a stretch whose direction is found in itself; they are heeded and never drawn. */
export const isolates = /[\u2068\u2069]/g;

/** Scripts whose signs are drawn in another order than they are read. */
const reorderedScript = /\p{Script=Devanagari}/u;

/**
 * The runs of one paragraph. A character that no face has, and one that would silently turn the reading direction, is
 * written as its code point (`[U+1F600]`), so that nothing is ever left blank.
 */
export function runsOf(given: string, main: MainFace, isRightToLeft: boolean): RunParagraph {
  const text = printable(given, main);
  const { levels } = bidi.getEmbeddingLevels(text, isRightToLeft ? 'rtl' : 'ltr');
  const runs: TextRun[] = [];
  let isReordered = reorderedScript.test(text);
  for (let start = 0; start < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
    const end = start + character.length;
    const level = levels[start] ?? 0;
    const last = runs.at(-1);
    if (character === '\u2068' || character === '\u2069') {
      if (last) last.end = end;
    } else {
      const neighbour = last?.level === level ? last : undefined;
      const font = faceFor(character, main, level % 2 === 1, neighbour?.font) ?? main;
      if (neighbour?.font === font) neighbour.end = end;
      else runs.push({ start, end, font, level });
    }
    isReordered ||= level % 2 === 1;
    start = end;
  }
  return { text, runs, isReordered };
}

/** The characters of a stretch that are drawn: isolates are not, and a space that holds words together is a space. */
export function visible(text: string): string {
  return text.replace(isolates, '').replaceAll('\u00a0', ' ');
}

/** The order in which runs of one line stand from left to right (rule L2 of the bidirectional algorithm). */
export function visualOrder<Run extends { level: number }>(runs: readonly Run[]): Run[] {
  const order = [...runs];
  const levels = runs.map(({ level }) => level);
  const lowestOdd = Math.min(...levels.filter((level) => level % 2 === 1));
  for (let level = Math.max(...levels); level >= lowestOdd; level -= 1) {
    for (let start = 0; start < order.length; start += 1) {
      if ((order[start]?.level ?? 0) < level) continue;
      let end = start;
      while (end < order.length && (order[end]?.level ?? 0) >= level) end += 1;
      order.splice(start, end - start, ...order.slice(start, end).reverse());
      start = end;
    }
  }
  return order;
}

function printable(text: string, main: MainFace): string {
  if (isPlainLatin(text)) return text;
  return [...text]
    .map((character) => {
      if (character === '\u2068' || character === '\u2069') return character;
      const isSilent = /[\p{Bidi_Control}\p{Cc}\p{Cs}]/u.test(character);
      return isSilent || !faceFor(character, main, false, undefined) ? codePointNotation(character) : character;
    })
    .join('');
}

function codePointNotation(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
}

import type { FontKey, MainFace } from './fonts.js';
import { shape, type ShapedText } from './shaping.js';
import { isPlainLatin, runsOf, visible, visualOrder, type RunParagraph } from './text-runs.js';

/** How a text is set: face, size in points, distance of its lines in points, and ink. */
export interface TextStyle {
  font: MainFace;
  size: number;
  lineHeight: number;
  color: string;
}

/** A stretch of a line in one face. */
export interface TextSegment {
  font: FontKey;
  /** Its words from left to right. */
  words: ShapedText[];
  /** In points, from the line's left end. */
  left: number;
}

/** One line of a set text; its segments stand in the order in which they are read. */
export interface TextLine {
  segments: TextSegment[];
  /** In points. */
  width: number;
  /** The characters of the line in reading order. */
  text: string;
  /** Whether it is drawn in another order than it is read, so that its text must be told beside the drawing. */
  isReordered: boolean;
}

/**
 * `text` broken into lines of at most `width` points; a line break in it starts a new line. A word wider than a line,
 * as ids and scripts without spaces have them, is broken between characters.
 */
export function breakLines(text: string, style: TextStyle, width: number, isRightToLeft: boolean): TextLine[] {
  return text.split('\n').flatMap((paragraph) => {
    const set =
      isPlainLatin(paragraph) && !isRightToLeft ? plain(paragraph, style) : mixed(paragraph, style, isRightToLeft);
    return breakParagraph(set, width);
  });
}

/** One line that is never broken. */
export function setLine(text: string, style: TextStyle, isRightToLeft: boolean): TextLine {
  const [line] = breakLines(text.replaceAll('\n', ' '), style, Number.POSITIVE_INFINITY, isRightToLeft);
  return line ?? { segments: [], width: 0, text: '', isReordered: false };
}

/** A paragraph whose words can be measured and set. */
interface SetParagraph {
  text: string;
  /** The width in points of the characters from `start` up to `end`. */
  measure(start: number, end: number): number;
  line(start: number, end: number): TextLine;
}

/** Words with the spaces behind them: measured and drawn together, so that each is shaped once. */
const word = /[^ ]+ *| +/g;

function plain(text: string, style: TextStyle): SetParagraph {
  const scale = style.size / 1000;
  const shown = text.replaceAll('\u00a0', ' ');
  const advance = (start: number, end: number) => shape(style.font, shown.slice(start, end), false).advance;
  return {
    text,
    measure: (start, end) => advance(start, end) * scale,
    line: (start, end) => {
      const words = wordsOf(text, start, end).map(([from, to]) => shape(style.font, shown.slice(from, to), false));
      const width = words.reduce((sum, each) => sum + each.advance, 0) * scale;
      const segments = words.length === 0 ? [] : [{ font: style.font, words, left: 0 }];
      return { segments, width, text: shown.slice(start, end), isReordered: false };
    },
  };
}

function mixed(given: string, style: TextStyle, isRightToLeft: boolean): SetParagraph {
  const paragraph = runsOf(given, style.font, isRightToLeft);
  const scale = style.size / 1000;
  const shapedOf = (start: number, end: number) => stretches(paragraph, start, end);
  return {
    text: paragraph.text,
    measure: (start, end) => shapedOf(start, end).reduce((sum, { advance }) => sum + advance, 0) * scale,
    line: (start, end) => {
      const inReadingOrder = shapedOf(start, end);
      const placed = new Map<Stretch, number>();
      let left = 0;
      for (const stretch of visualOrder(inReadingOrder)) {
        placed.set(stretch, left);
        left += stretch.advance * scale;
      }
      const segments = inReadingOrder.map((stretch) => ({
        font: stretch.font,
        words: stretch.words,
        left: placed.get(stretch) ?? 0,
      }));
      const text = visible(paragraph.text.slice(start, end));
      return { segments, width: left, text, isReordered: paragraph.isReordered };
    },
  };
}

interface Stretch {
  font: FontKey;
  level: number;
  words: ShapedText[];
  advance: number;
}

/** The parts of the paragraph's runs between two places, in reading order, each with its words from left to right. */
function stretches({ text, runs }: RunParagraph, start: number, end: number): Stretch[] {
  return runs.flatMap((run) => {
    const [from, to] = [Math.max(run.start, start), Math.min(run.end, end)];
    if (from >= to) return [];
    const isRightToLeft = run.level % 2 === 1;
    const parts = wordsOf(text, from, to).map(([first, last]) => visible(text.slice(first, last)));
    const words = (each: string[]) => each.map((part) => shape(run.font, part, isRightToLeft));
    const stretch = (shaped: ShapedText[]): Stretch => {
      const advance = shaped.reduce((sum, each) => sum + each.advance, 0);
      return { font: run.font, level: run.level, words: shaped, advance };
    };
    if (!isRightToLeft) return [stretch(words(parts))];
    // Signs without a letter among them are taken for left to right by those who extract text: each is drawn by itself.
    if (!/\p{L}/u.test(parts.join(''))) return words([...parts.join('')]).map((each) => stretch([each]));
    return [stretch(words(parts).reverse())];
  });
}

/** The places of the words between two places. */
function wordsOf(text: string, start: number, end: number): [start: number, end: number][] {
  return [...text.slice(start, end).matchAll(word)].map((match) => {
    const from = start + match.index;
    return [from, from + match[0].length];
  });
}

function breakParagraph(paragraph: SetParagraph, width: number): TextLine[] {
  const { text } = paragraph;
  const lines: TextLine[] = [];
  let lineStart = 0;
  let lineWidth = 0;
  const close = (end: number) => {
    lines.push(paragraph.line(lineStart, trimmedEnd(text, lineStart, end)));
    [lineStart, lineWidth] = [end, 0];
  };
  for (const [start, end] of wordsOf(text, 0, text.length)) {
    for (const [from, to] of fittingPieces(paragraph, start, end, width)) {
      const whole = paragraph.measure(from, to);
      const bare = trimmedEnd(text, from, to);
      const visible = bare === to ? whole : paragraph.measure(from, bare);
      if (from > lineStart && lineWidth + visible > width) close(from);
      lineWidth += whole;
    }
  }
  close(text.length);
  return lines;
}

/** The word whole where it fits a line, else cut into pieces that do. */
function fittingPieces(paragraph: SetParagraph, start: number, end: number, width: number): [number, number][] {
  const { text } = paragraph;
  const whole = paragraph.measure(start, trimmedEnd(text, start, end));
  if (whole <= width) return [[start, end]];
  const ends = [...graphemes.segment(text.slice(start, end))].map((each) => start + each.index + each.segment.length);
  const pieces: [number, number][] = [];
  let from = start;
  for (let at = 0; at < ends.length;) {
    const guess = at - 1 + Math.floor((width * ends.length) / whole);
    const last = lastFitting(ends, at, guess, (to) => paragraph.measure(from, to) <= width);
    const to = ends[last] ?? end;
    pieces.push([from, to]);
    from = to;
    at = last + 1;
  }
  return pieces;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The last of `ends` from `first` on that fits; `first` where none does. Around a guess by the width of all, then by
 * halves: each measurement shapes a text that nothing else has, so that ids in tables would cost more than all else.
 */
function lastFitting(ends: readonly number[], first: number, guess: number, fits: (end: number) => boolean): number {
  let [low, high] = [first, ends.length - 1];
  const look = (at: number) => {
    if (at <= low || at > high) return;
    if (fits(ends[at] ?? 0)) low = at;
    else high = at - 1;
  };
  look(guess + 1);
  look(guess);
  while (low < high) look(Math.ceil((low + high) / 2));
  return low;
}

/** Spaces at the end of a line take no room. */
function trimmedEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && text[last - 1] === ' ') last -= 1;
  return last;
}

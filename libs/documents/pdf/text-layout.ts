import { fontOf, fontRuns, type FontKey, type FontRun } from './fonts.js';

/** How a text is set: face, size in points, distance of its lines in points, and ink. */
export interface TextStyle {
  font: 'regular' | 'bold';
  size: number;
  lineHeight: number;
  color: string;
}

/** One line of a set text: stretches from left to right, with the width in points that each takes. */
export interface TextLine {
  segments: (FontRun & { width: number })[];
  width: number;
}

/** Selects a face; the document embeds one subset of it, whatever number of times it is selected. */
export function selectFont(document: PDFKit.PDFDocument, key: FontKey, size: number): void {
  // pdfkit takes parsed fonts too, by their `layout` method; its types do not say so.
  document.font(fontOf(key) as unknown as Uint8Array, key, size);
}

/**
 * `text` broken into lines of at most `width` points; a line break in it starts a new line. A word wider than a line,
 * as ids and scripts without spaces have them, is broken between characters.
 */
export function breakLines(document: PDFKit.PDFDocument, text: string, style: TextStyle, width: number): TextLine[] {
  return text
    .split('\n')
    .flatMap((paragraph) => breakParagraph(document, paragraph, style, width))
    .map((line) => setLine(document, line, style));
}

/** One line that is never broken. */
export function setLine(document: PDFKit.PDFDocument, text: string, style: TextStyle): TextLine {
  const segments = joinRightToLeft(fontRuns(text, style.font)).map((run) => ({
    ...run,
    width: runWidth(document, run, style.size),
  }));
  return { segments, width: segments.reduce((sum, segment) => sum + segment.width, 0) };
}

function breakParagraph(document: PDFKit.PDFDocument, text: string, style: TextStyle, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let lineWidth = 0;
  for (const word of text.match(/[^ ]+ *| +/g) ?? []) {
    for (const piece of fittingPieces(document, word, style, width)) {
      const pieceWidth = textWidth(document, piece, style);
      if (line !== '' && lineWidth + pieceWidth - trailingSpace(document, piece, style) > width) {
        lines.push(line.trimEnd());
        [line, lineWidth] = ['', 0];
      }
      line += piece;
      lineWidth += pieceWidth;
    }
  }
  return [...lines, line.trimEnd()];
}

/** The word whole where it fits a line, else cut into pieces that do. */
function fittingPieces(document: PDFKit.PDFDocument, word: string, style: TextStyle, width: number): string[] {
  if (textWidth(document, word, style) - trailingSpace(document, word, style) <= width) return [word];
  const pieces: string[] = [''];
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(word)) {
    const last = pieces.at(-1) ?? '';
    if (last !== '' && textWidth(document, last + segment, style) > width) pieces.push(segment);
    else pieces[pieces.length - 1] = last + segment;
  }
  return pieces;
}

/** Words are measured with their spaces, as they are drawn, so that pdfkit shapes each of them once; the last needs none. */
function trailingSpace(document: PDFKit.PDFDocument, word: string, style: TextStyle): number {
  return (word.length - word.trimEnd().length) * textWidth(document, ' ', style);
}

function textWidth(document: PDFKit.PDFDocument, text: string, style: TextStyle): number {
  return fontRuns(text, style.font).reduce((sum, run) => sum + runWidth(document, run, style.size), 0);
}

function runWidth(document: PDFKit.PDFDocument, run: FontRun, size: number): number {
  selectFont(document, run.font, size);
  return document.widthOfString(run.text, { features: shapingFeatures(run) });
}

/**
 * With a feature list, even an empty one, pdfkit shapes a stretch in one go; without, word by word from left to right,
 * which would turn the words of an Arabic or Hebrew name round.
 */
export function shapingFeatures(run: FontRun): PDFKit.Mixins.OpenTypeFeatures[] | undefined {
  return run.rightToLeft ? [] : undefined;
}

/** Words of one right-to-left face with only spaces between them become one stretch, so that they keep their order. */
function joinRightToLeft(runs: readonly FontRun[]): FontRun[] {
  const joined: FontRun[] = [];
  for (const run of runs) {
    const space = joined.at(-1);
    const word = joined.at(-2);
    if (run.rightToLeft && space && word?.font === run.font && /^ +$/.test(space.text)) {
      joined.splice(-2, 2, { ...word, text: word.text + space.text + run.text });
    } else {
      joined.push({ ...run });
    }
  }
  return joined;
}

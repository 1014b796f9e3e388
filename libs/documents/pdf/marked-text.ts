import { diffArrays } from 'diff';
import { page, type PageWriter, type StructureNode } from './page-writer.js';
import type { TextStyle } from './text-layout.js';

export type Mark = 'same' | 'deleted' | 'inserted';

/** A stretch of text that stayed, went or came. */
export interface MarkedRun {
  mark: Mark;
  text: string;
}

/** What became of a text, word by word; without `before` all of it came, without `after` all of it went. */
export function markedRuns(before: string | undefined, after: string | undefined): MarkedRun[] {
  if (before === undefined) return [{ mark: 'inserted', text: after ?? '' }];
  if (after === undefined) return [{ mark: 'deleted', text: before }];
  return diffArrays(wordsOf(before), wordsOf(after)).map(({ added, removed, value }) => ({
    mark: added ? 'inserted' : removed ? 'deleted' : 'same',
    text: value.join(''),
  }));
}

/** Words with what is inside of them (`12.5`, `2.1`, `guest-blog`), spaces, and everything else one by one. */
function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}]+(?:[.,:_’'/-][\p{L}\p{M}\p{N}]+)*|\n|[^\S\n]+|./gsu) ?? [];
}

/** How each mark looks: colour is never the only sign, as deletions are struck through and insertions underlined. */
const looks = {
  deleted: { color: '#a8071a', lineAt: 0.3 },
  inserted: { color: '#0b5c2e', lineAt: -0.14 },
} as const;
const lineWeight = 0.7;

/** What is said aloud of a deletion or insertion, in the document's language. */
export interface MarkSpeech {
  deleted: (text: string) => string;
  inserted: (text: string) => string;
}

/** A word in a column, and whether a space stands before it. */
interface Word {
  text: string;
  run: number;
  hasSpace: boolean;
  width: number;
}

/** Words of one run that stand beside each other on a line. */
interface Piece {
  run: number;
  line: number;
  text: string;
  x: number;
  width: number;
}

/**
 * Writes runs as one paragraph that flows over lines and pages. Each deletion and insertion is a node of its own in the
 * structure, with an alternative text that says which of the two it is.
 */
export class MarkedParagraphs {
  constructor(
    private readonly writer: PageWriter,
    private readonly speech: MarkSpeech,
    private readonly isRightToLeft: boolean,
  ) {}

  write(parent: StructureNode, type: string, runs: readonly MarkedRun[], style: TextStyle, x: number): void {
    const pieces = this.piecesOf(runs, style, page.width - page.right - x);
    const node = this.writer.group(parent, type);
    let line = 0;
    this.writer.keep(style.lineHeight);
    runs.forEach(({ mark, text }, run) => {
      const own = pieces.filter((piece) => piece.run === run);
      if (own.length === 0) return;
      const options = mark === 'same' ? {} : { alt: this.speech[mark](text.trim()) };
      node.add(
        this.writer.document.struct('Span', options, () => {
          for (const piece of own) {
            for (; line < piece.line; line += 1) {
              this.writer.y += style.lineHeight;
              this.writer.keep(style.lineHeight);
            }
            this.draw(piece, mark, style, x);
          }
        }),
      );
    });
    this.writer.y += style.lineHeight;
    node.end();
  }

  private draw({ text, x, width }: Piece, mark: Mark, style: TextStyle, left: number): void {
    const [set] = this.writer.lines(text, style, Number.POSITIVE_INFINITY);
    if (!set) return;
    const { y } = this.writer;
    if (mark === 'same') return this.writer.line(set, style, left + x, y);
    const { color, lineAt } = looks[mark];
    this.writer.line(set, { ...style, color }, left + x, y);
    const baseline = y + style.size * 1.07;
    const from = this.isRightToLeft ? page.width - left - x - width : left + x;
    this.writer.document
      .lineWidth(lineWeight)
      .strokeColor(color)
      .moveTo(from, baseline - lineAt * style.size)
      .lineTo(from + width, baseline - lineAt * style.size)
      .stroke();
  }

  /** The runs broken into lines of at most `width` points, words of one run on one line together. */
  private piecesOf(runs: readonly MarkedRun[], style: TextStyle, width: number): Piece[] {
    const space = this.width('a a', style) - 2 * this.width('a', style);
    const pieces: Piece[] = [];
    let [line, x] = [0, 0];
    for (const word of this.wordsOf(runs, style, width)) {
      const gap = word.hasSpace && x > 0 ? space : 0;
      if (x > 0 && x + gap + word.width > width) [line, x] = [line + 1, 0];
      const last = pieces.at(-1);
      const at = x === 0 ? 0 : x + gap;
      if (last?.run === word.run && last.line === line) {
        last.text += gap > 0 ? ` ${word.text}` : word.text;
        last.width = at + word.width - last.x;
      } else {
        pieces.push({ run: word.run, line, text: word.text, x: at, width: word.width });
      }
      x = at + word.width;
    }
    return pieces;
  }

  private wordsOf(runs: readonly MarkedRun[], style: TextStyle, width: number): Word[] {
    const words: Word[] = [];
    let hasSpace = false;
    runs.forEach(({ mark, text }, run) => {
      // What took the place of something never runs into it: `12.5` and `15` must not read as `12.515`.
      const previous = runs[run - 1]?.mark;
      if (mark !== 'same' && previous !== undefined && previous !== 'same') hasSpace = true;
      for (const [token] of text.matchAll(/ +|[^ ]+/g)) {
        if (token.startsWith(' ')) {
          hasSpace = true;
          continue;
        }
        this.fitting(token, style, width).forEach((text, index) => {
          words.push({ text, run, hasSpace: hasSpace && index === 0, width: this.width(text, style) });
        });
        hasSpace = false;
      }
    });
    return words;
  }

  /** A word whole, or cut into pieces where it is wider than the column, as long ids and addresses are. */
  private fitting(word: string, style: TextStyle, width: number): string[] {
    const whole = this.width(word, style);
    if (whole <= width) return [word];
    const characters = [...word];
    const most = Math.max(1, Math.floor((characters.length * width * 0.8) / whole));
    const count = Math.ceil(characters.length / most);
    return Array.from({ length: count }, (_, index) => characters.slice(index * most, (index + 1) * most).join(''));
  }

  private width(text: string, style: TextStyle): number {
    return this.writer.lines(text, style, Number.POSITIVE_INFINITY)[0]?.width ?? 0;
  }
}

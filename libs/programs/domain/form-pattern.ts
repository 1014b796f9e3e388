/**
 * Regular expressions that programs put into their forms, run so that no input can make them slow. JavaScript's own
 * engine tries alternatives one after the other, and a small pattern with a small text can keep it busy for years. Here
 * all of them advance together, one character at a time (Thompson's construction): the time is bounded by the length of
 * the text times the size of the pattern. What needs trying again (references back, looking around) is refused.
 */

/** One step of a compiled pattern. */
type Step =
  | { kind: 'character'; accepts: (character: string) => boolean }
  | { kind: 'fork'; to: readonly number[] }
  | { kind: 'start' }
  | { kind: 'end' }
  | { kind: 'match' };

type Node =
  | Exclude<Step, { kind: 'fork' | 'match' }>
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; parts: Node[] }
  | { kind: 'repeat'; part: Node; least: number; most: number };

/** A pattern that cannot be used, and why, for whoever wrote it. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const maxLength = 500;
const maxSteps = 1_000;
const maxRepeats = 1_000;
const maxNesting = 20;
const classes: Readonly<Record<string, (character: string) => boolean>> = {
  d: (character) => /^\d$/.test(character),
  D: (character) => /^\D$/u.test(character),
  w: (character) => /^\w$/.test(character),
  W: (character) => /^\W$/u.test(character),
  s: (character) => /^\s$/.test(character),
  S: (character) => /^\S$/u.test(character),
};
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' };
const isLineEnd = (character: string): boolean => /[\n\r\u2028\u2029]/.test(character);

/** A compiled pattern with the face of a RegExp that ajv asks for. */
export class LinearPattern {
  private readonly steps: Step[] = [];
  private emitted = 0;

  /** @throws PatternError for a pattern that is malformed, too big, or needs trying again */
  constructor(private readonly source: string) {
    if (source.length > maxLength) throw new PatternError(`is longer than ${maxLength} characters`);
    this.emit(new Parser(source).parse());
    this.steps.push({ kind: 'match' });
  }

  /** Whether the pattern is found anywhere in the text. */
  test(text: string): boolean {
    const characters = [...text];
    let current = new Set<number>();
    for (let position = 0; ; position += 1) {
      this.enter(current, 0, position, characters.length);
      if (current.has(this.steps.length - 1)) return true;
      const character = characters[position];
      if (character === undefined) return false;
      const next = new Set<number>();
      for (const index of current) {
        const step = this.steps[index];
        if (step?.kind === 'character' && step.accepts(character)) {
          this.enter(next, index + 1, position + 1, characters.length);
        }
      }
      current = next;
    }
  }

  toString(): string {
    return `/${this.source}/u`;
  }

  /** Adds a step and all that can be reached from it without a character. */
  private enter(reached: Set<number>, first: number, position: number, length: number): void {
    const open = [first];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (reached.has(index)) continue;
      reached.add(index);
      const step = this.steps[index]!;
      if (step.kind === 'fork') open.push(...step.to);
      if (step.kind === 'start' && position === 0) open.push(index + 1);
      if (step.kind === 'end' && position === length) open.push(index + 1);
    }
  }

  private emit(node: Node): void {
    this.emitted += 1;
    if (this.emitted > 4 * maxSteps || this.steps.length > maxSteps)
      throw new PatternError('is too big once its repetitions are written out');
    if (node.kind === 'sequence') for (const part of node.parts) this.emit(part);
    else if (node.kind === 'choice') this.emitChoice(node.parts);
    else if (node.kind === 'repeat') this.emitRepeat(node);
    else this.steps.push(node);
  }

  private emitChoice(parts: readonly Node[]): void {
    const fork = { kind: 'fork' as const, to: [] as number[] };
    const exits: { kind: 'fork'; to: number[] }[] = [];
    this.steps.push(fork);
    for (const part of parts) {
      fork.to.push(this.steps.length);
      this.emit(part);
      const exit = { kind: 'fork' as const, to: [] as number[] };
      exits.push(exit);
      this.steps.push(exit);
    }
    for (const exit of exits) exit.to.push(this.steps.length);
  }

  private emitRepeat({ part, least, most }: { part: Node; least: number; most: number }): void {
    for (let count = 0; count < least; count += 1) this.emit(part);
    if (most === Infinity) {
      const at = this.steps.length;
      const loop = { kind: 'fork' as const, to: [at + 1] };
      this.steps.push(loop);
      this.emit(part);
      this.steps.push({ kind: 'fork', to: [at] });
      loop.to.push(this.steps.length);
      return;
    }
    const forks: { kind: 'fork'; to: number[] }[] = [];
    for (let count = least; count < most; count += 1) {
      const fork = { kind: 'fork' as const, to: [this.steps.length + 1] };
      forks.push(fork);
      this.steps.push(fork);
      this.emit(part);
    }
    for (const fork of forks) fork.to.push(this.steps.length);
  }
}

/** Reads the part of the usual syntax that runs in linear time. */
class Parser {
  private readonly characters: string[];
  private at = 0;
  private depth = 0;

  constructor(source: string) {
    this.characters = [...source];
  }

  parse(): Node {
    const node = this.choice();
    if (this.at < this.characters.length) throw new PatternError('has a ) without its (');
    return node;
  }

  private choice(): Node {
    this.depth += 1;
    if (this.depth > maxNesting) throw new PatternError('has too many groups within groups');
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    this.depth -= 1;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.characters.length && !['|', ')'].includes(this.peek())) parts.push(this.repeated());
    return { kind: 'sequence', parts };
  }

  private repeated(): Node {
    const part = this.atom();
    const range = this.quantifier();
    if (!range) return part;
    this.take('?');
    if (part.kind === 'start' || part.kind === 'end') throw new PatternError('repeats ^ or $');
    if (['*', '+', '?', '{'].includes(this.peek())) throw new PatternError('has two repetitions in a row');
    return { kind: 'repeat', part, ...range };
  }

  private quantifier(): { least: number; most: number } | undefined {
    if (this.take('*')) return { least: 0, most: Infinity };
    if (this.take('+')) return { least: 1, most: Infinity };
    if (this.take('?')) return { least: 0, most: 1 };
    if (!this.take('{')) return undefined;
    const [, least = '', comma, most = ''] = /^(\d{1,4})(,?)(\d{0,4})\}/.exec(this.rest()) ?? [];
    if (least === '') throw new PatternError('has a { that is no repetition; write \\{ for the character');
    this.at += least.length + (comma ?? '').length + most.length + 1;
    const range = { least: Number(least), most: comma ? (most === '' ? Infinity : Number(most)) : Number(least) };
    if (range.most < range.least) throw new PatternError('has a repetition whose numbers are out of order');
    if (range.least > maxRepeats || (range.most !== Infinity && range.most > maxRepeats)) {
      throw new PatternError(`repeats something more than ${maxRepeats} times`);
    }
    return range;
  }

  private atom(): Node {
    const character = this.next();
    if (character === '(') return this.group();
    if (character === '[') return { kind: 'character', accepts: this.set() };
    if (character === '.') return { kind: 'character', accepts: (one) => !isLineEnd(one) };
    if (character === '^') return { kind: 'start' };
    if (character === '$') return { kind: 'end' };
    if (character === '\\') return { kind: 'character', accepts: acceptsOf(this.escape()) };
    if (['*', '+', '?', '{', '}', ']'].includes(character)) {
      throw new PatternError(`has a ${character} where none may stand; write \\${character} for the character`);
    }
    return { kind: 'character', accepts: (one) => one === character };
  }

  private group(): Node {
    if (this.take('?') && !this.take(':')) {
      throw new PatternError('looks around or names a group, which is not supported; (?:…) is');
    }
    const node = this.choice();
    if (!this.take(')')) throw new PatternError('has a ( without its )');
    return node;
  }

  /** A class of characters after a backslash, or the one character that it stands for. */
  private escape(): string | ((character: string) => boolean) {
    const character = this.next();
    if (classes[character]) return classes[character];
    if (controls[character]) return controls[character];
    if (character === 'p' || character === 'P') return this.property(character);
    if (character === 'u') return this.codePoint();
    if (/^[1-9k]$/.test(character)) throw new PatternError('refers back to a group, which is not supported');
    if (/^[A-Za-z0-9]$/.test(character)) throw new PatternError(`has \\${character}, which is not supported`);
    return character;
  }

  private property(letter: string): (character: string) => boolean {
    const [text, name = ''] = /^\{([A-Za-z_=]{1,40})\}/.exec(this.rest()) ?? [''];
    this.at += text.length;
    try {
      const property = new RegExp(`^\\${letter}{${name}}$`, 'u');
      return (character) => property.test(character);
    } catch {
      throw new PatternError(`has \\${letter} without the name of a property of characters`);
    }
  }

  private codePoint(): string {
    const [text, four, braced] = /^(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})/.exec(this.rest()) ?? [];
    const code = Number.parseInt(four ?? braced ?? '', 16);
    if (text === undefined || code > 0x10ffff) throw new PatternError('has a \\u that names no character');
    this.at += text.length;
    return String.fromCodePoint(code);
  }

  private set(): (character: string) => boolean {
    const isNegated = this.take('^');
    const tests: ((character: string) => boolean)[] = [];
    while (!this.take(']')) {
      if (this.at >= this.characters.length) throw new PatternError('has a [ without its ]');
      const from = this.setMember();
      if (typeof from === 'string' && this.peek() === '-' && this.characters[this.at + 1] !== ']') {
        this.at += 1;
        tests.push(rangeOf(from, this.setMember()));
      } else tests.push(acceptsOf(from));
    }
    return (character) => tests.some((test) => test(character)) !== isNegated;
  }

  private setMember(): string | ((character: string) => boolean) {
    const character = this.next();
    return character === '\\' ? this.escape() : character;
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }

  private peek(): string {
    return this.characters[this.at] ?? '';
  }

  private next(): string {
    const character = this.characters[this.at];
    if (character === undefined) throw new PatternError('ends in the middle');
    this.at += 1;
    return character;
  }

  private rest(): string {
    return this.characters.slice(this.at, this.at + 50).join('');
  }
}

function acceptsOf(what: string | ((character: string) => boolean)): (character: string) => boolean {
  return typeof what === 'string' ? (character) => character === what : what;
}

function rangeOf(from: string, to: string | ((character: string) => boolean)): (character: string) => boolean {
  const first = from.codePointAt(0)!;
  const last = typeof to === 'string' ? to.codePointAt(0)! : -1;
  if (last < first) throw new PatternError('has a range of characters that is out of order');
  return (character) => {
    const code = character.codePointAt(0)!;
    return code >= first && code <= last;
  };
}

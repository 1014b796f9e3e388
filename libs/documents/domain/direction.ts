/** Opens a stretch whose direction is found in itself (U+2068), and closes it (U+2069). */
const open = '\u2068';
const close = '\u2069';

/** Letters of scripts that are written from right to left. */
const rightToLeftLetter = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** What already has a direction of its own. */
const isolatedStretch = /\u2068[^\u2069]*\u2069/g;

/** The text as a stretch with a direction of its own, which reorders nothing around it. */
export function isolated(text: string): string {
  return `${open}${text}${close}`;
}

/**
 * A text that is set into one of another direction, isolated line by line where it could be reordered with what stands
 * around it: in Arabic what begins with a letter of another script, elsewhere what holds letters of such a script.
 */
export function embedded(text: string, isRightToLeft: boolean): string {
  const own = text.replace(isolatedStretch, '');
  const [first] = /\p{L}/u.exec(own) ?? [];
  const differs = isRightToLeft ? first !== undefined && !rightToLeftLetter.test(first) : rightToLeftLetter.test(own);
  if (!differs) return text;
  return text.replace(
    /^(• )?(.+)$/gmu,
    (_, mark: string | undefined, line: string) => `${mark ?? ''}${isolated(line)}`,
  );
}

/**
 * `value` with each character in its texts that would turn the reading direction told by its code point (`[U+202E]`): a
 * name must not be able to show an amount backwards.
 */
export function withoutTurns<T>(value: T): T {
  if (typeof value === 'string') return value.replace(/\p{Bidi_Control}/gu, codePointNotation) as T;
  if (Array.isArray(value)) return value.map(withoutTurns) as T;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutTurns(inner)])) as T;
}

function codePointNotation(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
}

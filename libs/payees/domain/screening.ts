/** One person or organisation of a list, under all its names. */
export interface ScreeningEntry {
  id: string;
  names: readonly string[];
  /** ISO 3166-1; empty where the list does not say. */
  countries: readonly string[];
}

export interface ScreeningMatch {
  entryId: string;
  /** From the threshold to 1: how much of both names is the same. */
  score: number;
}

/** From which score on two names count as the same. */
export const screeningThreshold = 0.85;
/** From which similarity on two words count as spellings of the same one. */
const wordThreshold = 0.8;
/** Words that say of what kind an organisation is, not which one. */
const legalForms = new Set(
  'ltd limited inc llc plc gmbh ag sa sarl bv nv srl spa oy ab as kg co corp company pt tbk cv'.split(' '),
);

/**
 * The words of a name as they are compared: in lower case, without accents and punctuation, in alphabetical order, without
 * legal forms unless nothing else is left.
 */
export function normalWords(name: string): string[] {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .replaceAll('đ', 'd')
    .replaceAll('æ', 'ae')
    .replaceAll('œ', 'oe')
    .replace(/['’.]/g, '');
  const words = plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const telling = words.filter((word) => !legalForms.has(word));
  return (telling.length > 0 ? telling : words).sort();
}

/**
 * Looks names up in a list. The rule: two names match where the words that they share, each as similar as its spelling,
 * make up at least 0.85 of the words of the longer one. Words count as shared from a similarity of 0.8 on (1 less edits by
 * the longer length). Entries are looked at that have a word that begins with the same three letters as one of the name. Another country than the entry's does not clear a name: people move.
 */
export class ScreeningIndex {
  private readonly names: { entryId: string; words: readonly string[] }[] = [];
  private readonly byStart = new Map<string, Set<number>>();

  private readonly entries: ReadonlyMap<string, ScreeningEntry>;

  constructor(entries: readonly ScreeningEntry[]) {
    this.entries = new Map(entries.map((entry) => [entry.id, entry]));
    for (const { id, names } of entries) {
      for (const name of names) {
        const words = normalWords(name);
        if (words.length === 0) continue;
        const index = this.names.push({ entryId: id, words }) - 1;
        for (const word of words) {
          const start = startOf(word);
          const known = this.byStart.get(start);
          if (known) known.add(index);
          else this.byStart.set(start, new Set([index]));
        }
      }
    }
  }

  /** What the list says of an entry; undefined for one that it does not have. */
  entry(id: string): ScreeningEntry | undefined {
    return this.entries.get(id);
  }

  /** The entries that a name matches, best first; each once. */
  matches(name: string): ScreeningMatch[] {
    const words = normalWords(name);
    const best = new Map<string, number>();
    const candidates = new Set(words.flatMap((word) => [...(this.byStart.get(startOf(word)) ?? [])]));
    for (const index of candidates) {
      const listed = this.names[index];
      if (!listed) continue;
      const score = similarity(words, listed.words);
      if (score >= screeningThreshold && score > (best.get(listed.entryId) ?? 0)) best.set(listed.entryId, score);
    }
    return [...best]
      .map(([entryId, score]) => ({ entryId, score: Math.round(score * 1_000) / 1_000 }))
      .sort((one, other) => other.score - one.score || (one.entryId < other.entryId ? -1 : 1));
  }
}

function startOf(word: string): string {
  return [...word].slice(0, 3).join('');
}

/** How much of the longer list of words is found in the other one; each word is used once. */
function similarity(one: readonly string[], other: readonly string[]): number {
  const left = [...other];
  let shared = 0;
  for (const word of one) {
    let [bestAt, best] = [-1, 0];
    left.forEach((candidate, index) => {
      const alike = wordSimilarity(word, candidate);
      if (alike > best) [bestAt, best] = [index, alike];
    });
    if (best < wordThreshold) continue;
    shared += best;
    left.splice(bestAt, 1);
  }
  return shared / Math.max(one.length, other.length);
}

function wordSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  const longest = Math.max(one.length, other.length);
  // Without counting edits: a difference in length is that many edits already.
  if (1 - Math.abs(one.length - other.length) / longest < wordThreshold) return 0;
  return 1 - edits(one, other) / longest;
}

/** The least number of letters to insert, delete or replace (Levenshtein). */
function edits(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[other.length] ?? 0;
}

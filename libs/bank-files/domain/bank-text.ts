import { unwritable } from './unreadable.js';

/** The characters that banks forward everywhere: the Latin set of ISO 20022 credit transfers (EPC217-08, 1.4). */
const forwarded = /^[A-Za-z0-9/?:().,'+ -]$/;

/** Letters that no decomposition leads to, and signs (EPC217-08, conversion of extended characters). */
const signs: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', đ: 'd', Đ: 'D', ð: 'd', Ð: 'D' },
  ...{ þ: 'th', Þ: 'TH', ł: 'l', Ł: 'L', ħ: 'h', Ħ: 'H', ı: 'i', ŧ: 't', Ŧ: 'T', ŋ: 'n', Ŋ: 'N', ĸ: 'k', ĳ: 'ij' },
  ...{ ə: 'e', Ə: 'E', ª: 'a', º: 'o', '€': 'E', '&': '+', _: '-', '–': '-', '—': '-', '‐': '-', '‑': '-', '−': '-' },
  ...{ '’': "'", '‘': "'", '´': "'", '`': "'", ʼ: "'", ʹ: "'", '“': "'", '”': "'", '„': "'", '«': "'", '»': "'" },
  ...{ '!': '.', '"': '.', '#': '.', $: '.', '%': '.', '*': '.', ';': ',', '<': '.', '=': '.', '>': '.', '@': '.' },
  ...{ '[': '(', ']': ')', '{': '(', '}': ')', '\\': '/', '|': '/', '^': '.', '~': '-', '·': '.', '•': '.', '…': '.' },
  ...{ '¿': '?', '¡': '.', '№': 'No', '\u00a0': ' ', '\u2009': ' ', '\u202f': ' ', '\t': ' ' },
};

/** Lower-case letters of Greek and Cyrillic; capitals follow from them. */
const letters: Readonly<Record<string, string>> = {
  ...{ α: 'a', β: 'v', γ: 'g', δ: 'd', ε: 'e', ζ: 'z', η: 'i', θ: 'th', ι: 'i', κ: 'k', λ: 'l', μ: 'm', ν: 'n' },
  ...{ ξ: 'x', ο: 'o', π: 'p', ρ: 'r', σ: 's', ς: 's', τ: 't', υ: 'y', φ: 'f', χ: 'ch', ψ: 'ps', ω: 'o' },
  ...{ а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', є: 'ie', ж: 'zh', з: 'z', и: 'i', й: 'y', і: 'i' },
  ...{ ї: 'i', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ў: 'u', ф: 'f' },
  ...{ х: 'h', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'sht', ъ: 'a', ы: 'y', ь: 'y', э: 'e', ю: 'yu', я: 'ya', ё: 'e' },
  ...{ ђ: 'dj', ј: 'j', љ: 'lj', њ: 'nj', ћ: 'c', џ: 'dz', ѓ: 'g', ќ: 'k', ѕ: 'dz' },
};

/**
 * A text in the characters that banks forward: accents are dropped, Greek and Cyrillic letters are transliterated, signs
 * are replaced, spaces are made single. It is cut to `maxLength`.
 *
 * @param pointer where the text stands in what is to be written, for the error
 * @throws DomainError `invalid-document` for a character that has no Latin form, and where nothing is left
 */
export function toBankText(text: string, maxLength: number, pointer: string): string {
  let written = '';
  for (const character of text.normalize('NFC')) {
    const latin = latinOf(character);
    if (latin === undefined) {
      throw unwritable(pointer, `has a character that banks do not take (${codePoint(character)})`);
    }
    written += latin;
  }
  const short = written
    .replace(/ +/g, ' ')
    .trim()
    .replace(/\/{2,}/g, '/')
    .slice(0, maxLength);
  // A slash at either end and two in a row are read as marks of their own by some banks (EPC217-08, 1.4).
  const plain = short.replace(/^[/ ]+|[/ ]+$/g, '');
  if (!/[A-Za-z0-9]/.test(plain)) throw unwritable(pointer, 'has no letter or digit that banks take');
  return plain;
}

/** Whether a text can go to a bank as it is. */
export function isBankText(text: string): boolean {
  return [...text].every((character) => forwarded.test(character));
}

function latinOf(character: string): string | undefined {
  if (forwarded.test(character)) return character;
  const known = signs[character] ?? cased(character);
  if (known !== undefined) return known;
  const base = [...character.normalize('NFKD')].filter((part) => !/\p{M}/u.test(part));
  if (base.length === 0) return /\p{M}/u.test(character) ? '' : undefined;
  if (base.join('') === character) return undefined;
  const parts = base.map((part) => latinOf(part));
  return parts.includes(undefined) ? undefined : parts.join('');
}

function cased(character: string): string | undefined {
  const lower = letters[character];
  if (lower !== undefined) return lower;
  const capital = letters[character.toLowerCase()];
  return capital === undefined ? undefined : capital.charAt(0).toUpperCase() + capital.slice(1);
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

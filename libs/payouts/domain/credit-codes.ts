import { sha256 } from '../../kernel/sha256.js';

/** Crockford's base 32: no letter that is read as a digit or as another letter. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Characters that are drawn: 75 bits, so nobody finds a code by trying, and its plain hash tells nothing. */
const drawn = 15;

/** How many random bytes a code is made of. */
export const creditCodeBytes = drawn;

const length = drawn + 1;

/**
 * A new credit code: sixteen characters of which the last is a check, in groups of four.
 *
 * @param random {@link creditCodeBytes} bytes of a source that nobody can foretell
 */
export function newCreditCode(random: Uint8Array): string {
  if (random.length !== creditCodeBytes) throw new RangeError(`a code needs ${creditCodeBytes} random bytes`);
  // 256 is a multiple of 32, so every character is as likely as any other.
  const payload = [...random].map((byte) => alphabet[byte % alphabet.length]).join('');
  return grouped(payload + checkCharacter(payload));
}

/**
 * A code as people type it (any case; spaces and dashes anywhere; O for 0, I and L for 1), in its one form. Undefined
 * where it cannot be a code: a wrong length, a strange character, a check that does not fit.
 */
export function readCreditCode(typed: string): string | undefined {
  const plain = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (plain.length !== length || [...plain].some((character) => !alphabet.includes(character))) return undefined;
  return plain.at(-1) === checkCharacter(plain.slice(0, drawn)) ? grouped(plain) : undefined;
}

/** What is stored to find a code again. @param code in its one form */
export function creditCodeHash(code: string): string {
  return sha256(`store-credit:${code}`);
}

/** Luhn's scheme over 32 characters: finds every wrong character and almost every two that changed places. */
function checkCharacter(payload: string): string {
  const base = alphabet.length;
  const sum = [...payload].reverse().reduce((total, character, index) => {
    const value = alphabet.indexOf(character) * (index % 2 === 0 ? 2 : 1);
    return total + Math.floor(value / base) + (value % base);
  }, 0);
  return alphabet[(base - (sum % base)) % base] ?? '';
}

function grouped(plain: string): string {
  return (plain.match(/.{4}/g) ?? []).join('-');
}

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { creditCodeBytes, creditCodeHash, newCreditCode, readCreditCode } from '../../libs/payouts/domain/index.js';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const anyCode = () => newCreditCode(randomBytes(creditCodeBytes));

describe('credit codes', () => {
  it('are sixteen characters in groups of four, and never the same', () => {
    const codes = Array.from({ length: 2_000 }, anyCode);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) {
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
      expect(readCreditCode(code)).toBe(code);
    }
  });

  it('use every character at every drawn place', () => {
    const seen = Array.from({ length: 15 }, () => new Set<string>());
    for (let round = 0; round < 2_000; round += 1) {
      [...anyCode().replaceAll('-', '')].slice(0, 15).forEach((character, place) => seen[place]!.add(character));
    }
    expect(seen.map(({ size }) => size)).toEqual(Array.from({ length: 15 }, () => 32));
  });

  it('need as many random bytes as they have drawn characters', () => {
    expect(() => newCreditCode(randomBytes(creditCodeBytes - 1))).toThrow(RangeError);
  });

  it('are read as people type them', () => {
    const code = anyCode();
    const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
    expect(readCreditCode(` ${typed}\t`)).toBe(code);
    expect(creditCodeHash(readCreditCode(typed)!)).toBe(creditCodeHash(code));
  });

  it('are known to be wrong by any one character that differs', () => {
    fc.assert(
      fc.property(fc.nat(15), fc.integer({ min: 1, max: 31 }), (place, distance) => {
        const characters = [...anyCode().replaceAll('-', '')];
        const value = alphabet.indexOf(characters[place]!);
        characters[place] = alphabet[(value + distance) % 32]!;
        expect(readCreditCode(characters.join(''))).toBeUndefined();
      }),
    );
  });

  it.each(['', 'K7Q2', 'U'.repeat(16), '0'.repeat(17), 'K7Q2-9XTM-41BD-0WZ!'])('refuse %p', (typed) => {
    expect(readCreditCode(typed)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { LinearPattern, PatternError } from '../../libs/programs/domain/index.js';

/** Patterns of the supported syntax, small enough that JavaScript's own engine is done with them too. */
const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '\\d',
  '\\w',
  '\\S',
  '[ab]',
  '[^a]',
  '[a-c1-3]',
  '\\.',
  '\\u0061',
  'é',
  '😀',
);
const quantifier = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?');
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  pattern: fc
    .tuple(
      fc.constantFrom('', '^'),
      fc.array(fc.array(tie('part'), { maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '$'),
    )
    .map(([start, choices, end]) => `${start}(?:${choices.map((parts) => parts.join('')).join('|')})${end}`),
  part: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.tuple(atom, quantifier).map(([one, times]) => one + times),
    fc
      .tuple(tie('pattern'), fc.constantFrom('', '?', '{1,2}'))
      .map(([inner, times]) => `(${inner.replace(/[$^]/g, '')})${times}`),
  ),
}));
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '1', '.', ' ', 'é', '😀', '\n'), { maxLength: 8 })
  .map((all) => all.join(''));

describe('a pattern in a form', () => {
  test('finds what the usual engine finds', () => {
    fc.assert(
      fc.property(pattern, text, (source, given) => {
        fc.pre(source.length <= 200);
        expect({ source, given, found: new LinearPattern(source).test(given) }).toEqual({
          source,
          given,
          found: new RegExp(source, 'u').test(given),
        });
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['^(a+)+$', 'a'.repeat(4_000) + '!'],
    ['^(a|a)*$', 'a'.repeat(4_000) + '!'],
    ['^(a*)*b', 'a'.repeat(4_000)],
    ['(x+x+)+y', 'x'.repeat(4_000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(4_000)],
    ['a*a*a*a*a*a*b', 'a'.repeat(4_000)],
  ])('%s comes to its end: an engine that tries again would take years', (source, given) => {
    expect(new LinearPattern(source).test(given)).toBe(false);
    expect(new LinearPattern(source).test('')).toBe(new RegExp(source, 'u').test(''));
  });

  test('knows letters of every script', () => {
    expect(new LinearPattern('^\\p{L}+$').test('Łódź')).toBe(true);
    expect(new LinearPattern('^\\p{L}+$').test('a1')).toBe(false);
    expect(new LinearPattern('^\\P{L}$').test('1')).toBe(true);
    expect(new LinearPattern('^\\p{Script=Arabic}+$').test('عمل')).toBe(true);
  });

  test.each([
    ['(?=a)', /looks around/],
    ['(?<name>a)', /names a group/],
    ['(?<!a)b', /looks around/],
    ['(a)\\1', /refers back/],
    ['\\bword', /\\b, which is not supported/],
    ['(a', /without its \)/],
    ['a)', /without its \(/],
    ['[a', /without its \]/],
    ['a**', /two repetitions/],
    ['*a', /where none may stand/],
    ['a{2,1}', /out of order/],
    ['a{2000}', /more than 1000 times/],
    ['[b-a]', /out of order/],
    ['a{', /no repetition/],
    ['^*', /repeats \^ or \$/],
    ['\\', /ends in the middle/],
    ['\\p{Nothing}', /property of characters/],
    ['\\u{110000}', /names no character/],
    [`(${'a{100}'.repeat(5)}){10}`, /too big/],
    ['((){1000}){1000}', /too big/],
    [`${'('.repeat(30)}a${')'.repeat(30)}`, /groups within groups/],
    ['x'.repeat(501), /longer than 500/],
  ])('%s is refused with its reason', (source, reason) => {
    expect(() => new LinearPattern(source)).toThrow(PatternError);
    expect(() => new LinearPattern(source)).toThrow(reason);
  });
});

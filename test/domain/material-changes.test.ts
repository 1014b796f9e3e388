import fc from 'fast-check';
import { isTermsPattern, materialChanges, type Terms } from '../../libs/agreements/domain/index.js';
import { canonicalJson } from '../../libs/kernel/canonical-json.js';
import { demoProgram } from '../support/demo-program.js';
import { anyTerms } from '../support/terms-arbitrary.js';

const { terms, agreement } = demoProgram();
const usual = agreement.material;

/** A copy of the demo's terms with something changed in it. */
function changed(change: (copy: Terms) => void): Terms {
  const copy = structuredClone(terms);
  change(copy);
  return copy;
}

const pointers = (changes: readonly { pointer: string }[]): string[] => changes.map(({ pointer }) => pointer);

describe('what a change of terms needs', () => {
  test.each<[string, Terms, string[]]>([
    [
      'a rate',
      changed(({ commissions }) => (commissions[1]!.reward = { kind: 'percent', rate: '9' })),
      ['/commissions/1/reward/rate'],
    ],
    [
      'a limit',
      changed(({ commissions }) => (commissions[0]!.limits = { perEventMinor: 500 })),
      ['/commissions/0/limits'],
    ],
    ['the holding period', changed((copy) => (copy.payment.holding = 'P60D')), ['/payment/holding']],
    ['the length of the term', changed((copy) => (copy.term.length = 'P6M')), ['/term/length']],
    ['a rule that is gone', changed(({ commissions }) => void commissions.shift()), ['/commissions/0']],
    [
      'the order of rules, since the first that matches pays',
      changed(({ commissions }) => void commissions.reverse()),
      ['/commissions'],
    ],
    ['a zone that was the usual one', changed((copy) => (copy.timeZone = 'Asia/Jakarta')), ['/timeZone']],
  ])('%s is material', (_name, after, expected) => {
    expect(pointers(materialChanges(terms, after, usual).material)).toEqual(expected);
    expect(materialChanges(terms, after, usual).notices).toEqual([]);
  });

  test('an obligation in other words needs a notice', () => {
    const after = changed((copy) => (copy.obligations![0]!.text = 'Say so, plainly.'));
    const { material, notices } = materialChanges(terms, after, usual);
    expect(material).toEqual([]);
    expect(notices).toEqual([
      { pointer: '/obligations/0/text', before: terms.obligations![0]!.text, after: 'Say so, plainly.' },
    ]);
  });

  test('rules are known by their ids: one put in front changes none of the others', () => {
    const rule = { id: 'spring', event: 'sale', reward: { kind: 'flat' as const, amountMinor: 100 } };
    const after = changed(({ commissions }) => void commissions.unshift(rule));
    expect(materialChanges(terms, after, usual).material).toEqual([{ pointer: '/commissions/0', after: rule }]);
  });

  test('a pattern speaks of what is below it and of what it is a part of', () => {
    const rate = changed(({ commissions }) => (commissions[1]!.reward = { kind: 'percent', rate: '9' }));
    const gone = changed(({ commissions }) => void commissions.shift());
    for (const pattern of [
      '',
      '/commissions',
      '/commissions/*',
      '/commissions/1/reward',
      '/commissions/*/reward/rate',
    ]) {
      expect(materialChanges(terms, rate, [pattern]).material).toHaveLength(1);
    }
    for (const pattern of ['/payment', '/commissions/0', '/commissions/*/limits']) {
      expect(materialChanges(terms, rate, [pattern]).material).toEqual([]);
    }
    expect(materialChanges(terms, gone, ['/commissions/*/reward/rate']).material).toHaveLength(1);
  });

  test('leaving a default out changes nothing', () => {
    const after = changed((copy) => delete copy.timeZone);
    expect(materialChanges(terms, after, [''])).toEqual({ material: [], notices: [] });
  });

  test('every difference is found, and lies on one side alone', () => {
    const patterns = fc.uniqueArray(
      fc.constantFrom(...usual, '/commissions/*/reward', '/legal', '/obligations/*/text'),
    );
    fc.assert(
      fc.property(anyTerms, anyTerms, patterns, (before, after, given) => {
        const { material, notices } = materialChanges(before, after, given);
        const all = [...material, ...notices];
        const isSame =
          canonicalJson({ timeZone: 'Etc/UTC', ...before }) === canonicalJson({ timeZone: 'Etc/UTC', ...after });
        expect(all.length === 0).toBe(isSame);
        for (const change of all) {
          expect(canonicalJson([change.before ?? null])).not.toBe(canonicalJson([change.after ?? null]));
        }
        const everything = materialChanges(before, after, ['']);
        expect(everything.notices).toEqual([]);
        expect(everything.material).toHaveLength(all.length);
        expect(materialChanges(before, after, []).material).toEqual([]);
        // More patterns never let a change slip.
        const more = materialChanges(before, after, [...given, '/payment']).material;
        expect(pointers(more)).toEqual(expect.arrayContaining(pointers(material)));
        expect(materialChanges(before, before, usual)).toEqual({ material: [], notices: [] });
      }),
    );
  });

  test('what it points at is there: in the later document, or in the earlier one where it is gone', () => {
    const valueAt = (document: unknown, pointer: string): unknown =>
      pointer
        .split('/')
        .slice(1)
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
        .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document);
    fc.assert(
      fc.property(anyTerms, anyTerms, (before, after) => {
        for (const change of materialChanges(before, after, ['']).material) {
          const isOrder =
            Array.isArray(change.before) && Array.isArray(change.after) && change.pointer.split('/').length === 2;
          if (isOrder || change.pointer === '/timeZone') continue;
          const [document, value] = 'after' in change ? [after, change.after] : [before, change.before];
          expect(valueAt(document, change.pointer)).toEqual(value);
        }
      }),
    );
  });
});

describe('patterns of a program', () => {
  test.each([
    '',
    '/payment',
    '/commissions/*/reward/rate',
    '/commissions/*/reward/bands/*/rate',
    '/bonuses/*/steps/0/at',
    '/attribution/shares/closer',
    '/*/*',
  ])('%s can point at something', (pattern) => expect(isTermsPattern(pattern)).toBe(true));

  test.each([
    'payment',
    '/comissions',
    '/commissions/*/rewards',
    '/payment/',
    '/payment/holding/days',
    '/tiers/~2',
    '/commissions/x',
  ])('%s cannot, and is refused', (pattern) => expect(isTermsPattern(pattern)).toBe(false));
});

import fc from 'fast-check';
import { diffTerms, termsHash, type CommissionRule, type Terms } from '../../libs/agreements/domain/index.js';
import { changeWords, describeChanges } from '../../libs/documents/domain/index.js';
import { languages } from '../../libs/kernel/language.js';
import { demoProgram } from '../support/demo-program.js';
import { anyTerms } from '../support/terms-arbitrary.js';

const demo = demoProgram().terms;
const [newCustomers, everyOrder] = demo.commissions as [CommissionRule, CommissionRule];
const told = (after: Terms, before = demo): string[] => describeChanges(before, after, 'en').map(({ words }) => words);
const withRules = (...commissions: CommissionRule[]): Terms => ({ ...demo, commissions });
const percent = (rate: string) => ({ kind: 'percent' as const, rate });

describe('changes of terms in words', () => {
  it('tell a rate as the contract prints it', () => {
    const after = withRules({ ...newCustomers, reward: percent('15') }, everyOrder);
    expect(describeChanges(demo, after, 'en')).toEqual([
      {
        ...{ kind: 'changed', pointer: '/commissions/0/reward/rate', before: '12.5', after: '15' },
        words: 'commission on new customers: 12.5 % → 15 %',
      },
    ]);
    expect(describeChanges(demo, after, 'id')[0]?.words).toMatch(/^komisi atas pelanggan baru: 12[.,]5 % → 15 %$/);
    expect(describeChanges(demo, after, 'ar')[0]?.words.replace(/[\u2066-\u2069\u200e\u200f]/g, '')).toMatch(
      /^العمولة على العملاء الجدد: .* ← .*$/,
    );
  });

  const flat: CommissionRule = { id: 'install', event: 'install', reward: { kind: 'flat', amountMinor: 200 } };
  it.each<[string, Terms, string[]]>([
    [
      'a new rule',
      withRules(newCustomers, everyOrder, flat),
      ['new: commission on “install” events: event “install”, USD 2.00 for each event'],
    ],
    ['a rule that is gone', withRules(newCustomers), ['no longer: commission on sales: event “sale”, 8 %']],
    [
      'a reward of another kind',
      withRules({ ...newCustomers, reward: flat.reward }, everyOrder),
      ['commission on new customers: 12.5 % → USD 2.00 for each event'],
    ],
    [
      'a limit',
      withRules({ ...newCustomers, limits: { perEventMinor: 5000 } }, everyOrder),
      ['commission on new customers, limits: none → at most for one event USD 50.00'],
    ],
    [
      'a condition',
      withRules({ ...newCustomers, match: { customer: 'new', countries: ['US', 'DE'] } }, everyOrder),
      ['commission on new customers (rule new-customers), countries: none → US, DE'],
    ],
    ['a duration', { ...demo, term: { ...demo.term, notice: 'P60D' } }, ['notice: 30 days → 60 days']],
    [
      'an amount',
      { ...demo, payment: { ...demo.payment, minimumMinor: 123456 } },
      ['least payment: USD 25.00 → USD 1,234.56'],
    ],
    ['a code', { ...demo, payment: { ...demo.payment, frequency: 'weekly' } }, ['payment: monthly → weekly']],
    ['a truth value', { ...demo, legal: { ...demo.legal, exclusivity: true } }, ['exclusivity: no → yes']],
    [
      'another way to write the same',
      { ...demo, term: { ...demo.term, notice: 'P0M30D' } },
      ['notice: 30 days (written "P30D") → 30 days (written "P0M30D")'],
    ],
  ])('tell %s', (_what, after, expected) => {
    expect(told(after)).toEqual(expected);
  });

  it('tell a move in the order of rules, which decides what is paid', () => {
    const us: CommissionRule = { id: 'us', event: 'sale', match: { countries: ['US'] }, reward: percent('9') };
    expect(told(withRules(us, newCustomers), withRules(newCustomers, us))).toEqual([
      expect.stringMatching(/^commission on .*: tried in place \d instead of place \d$/),
    ]);
  });

  it('tell tiers and bands with what they are measured by', () => {
    const [bronze, silver, gold] = demo.tiers!.list;
    const after = { ...demo, tiers: { ...demo.tiers!, list: [bronze!, { ...silver!, from: 300000 }, gold!] } };
    expect(told(after)).toEqual(['tier silver, from: USD 2,000.00 → USD 3,000.00']);
    const banded = (basis: 'amount' | 'count', rate: string): CommissionRule => ({
      ...everyOrder,
      reward: {
        kind: 'banded',
        basis,
        period: 'month',
        mode: 'marginal',
        bands: [
          { from: 0, rate: '5' },
          { from: 5000, rate },
        ],
      },
    });
    const tell = (basis: 'amount' | 'count') => told(withRules(banded(basis, '7')), withRules(banded(basis, '6')));
    expect(tell('amount')).toEqual(['commission on sales, from USD 50.00: 6 % → 7 %']);
    expect(tell('count')).toEqual(['commission on sales, from 5,000: 6 % → 7 %']);
  });

  it('have a line for each change, in every language, with nothing left untold', () => {
    fc.assert(
      fc.property(anyTerms, anyTerms, fc.constantFrom(...languages), (before, after, language) => {
        const changes = describeChanges(before, after, language);
        expect(changes).toHaveLength(diffTerms(before, after).length);
        expect(changes.length === 0).toBe(termsHash(before) === termsHash(after));
        for (const { words } of changes) {
          expect(words.trim()).not.toBe('');
          expect(words).not.toMatch(/undefined|\[object|NaN|: :|\n/);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('have a name for every field and code in every language', () => {
    for (const language of languages) {
      const { fields, codes } = changeWords(language);
      expect(Object.keys(fields)).toEqual(Object.keys(changeWords('en').fields));
      expect(Object.values(codes).filter((word) => word.trim() === '')).toEqual([]);
      expect(
        Object.entries(fields)
          .filter(([, name]) => name === '')
          .map(([field]) => field),
      ).toEqual(
        Object.entries(changeWords('en').fields)
          .filter(([, name]) => name === '')
          .map(([field]) => field),
      );
    }
  });
});

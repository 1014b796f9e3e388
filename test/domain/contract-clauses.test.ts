import fc from 'fast-check';
import { clauseNumbers, parseTerms, timeZoneOf, type Reward, type Terms } from '../../libs/agreements/domain/index.js';
import { contractClauses, type Clause, type ContractStyle } from '../../libs/documents/domain/index.js';
import { languages, type Language } from '../../libs/kernel/language.js';
import { contractInput, everyKindTerms } from '../support/documents.js';
import { expectedPhrases, says, type Reading } from '../support/contract-values.js';
import { anyTerms } from '../support/terms-arbitrary.js';

function clausesOf(terms: Terms, { language, numerals }: Reading = { language: 'en' }): Clause[] {
  const style: ContractStyle = numerals === undefined ? {} : { numerals };
  return contractClauses(terms, contractInput(terms), language, style);
}

/** Heading and text of a clause, or of a section with all its clauses. */
function textOf(clauses: readonly Clause[], number: string): string {
  return clauses
    .filter((clause) => clause.number === number || clause.number.startsWith(`${number}.`))
    .map((clause) => `${clause.heading}\n${clause.text}`)
    .join('\n');
}

const readings: Reading[] = [
  ...languages.map((language) => ({ language })),
  { language: 'ar', numerals: 'arabic-indic' },
];

describe.each(readings)('contract clauses in %j', (reading) => {
  const missing = (text: string, part: unknown, terms: Terms) =>
    expectedPhrases(part, terms, reading).filter((phrase) => !says(text, phrase));

  it('say every value of every rule and bonus in the clause that commission lines cite for it', () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        const clauses = clausesOf(terms, reading);
        const numbers = clauseNumbers(terms);
        for (const part of [...terms.commissions, ...(terms.bonuses ?? [])]) {
          const own = clauses.filter((clause) => clause.number === numbers.get(part.id));
          expect(own).toHaveLength(1);
          expect(missing(textOf(own, own[0]?.number ?? ''), part, terms)).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('say every value of the other parts in their sections', () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        const clauses = clausesOf(terms, reading);
        const shares = Object.entries(terms.attribution?.shares ?? {}).map(([role, share]) => ({ role, share }));
        const attribution = terms.attribution ? { ...terms.attribution, shares } : undefined;
        expect(missing(textOf(clauses, '4'), terms.tiers, terms)).toEqual([]);
        expect(missing(textOf(clauses, '5'), attribution, terms)).toEqual([]);
        expect(missing(textOf(clauses, '6'), terms.payment, terms)).toEqual([]);
        expect(missing(textOf(clauses, '7'), terms.term, terms)).toEqual([]);
        expect(missing(textOf(clauses, '8'), terms.obligations, terms)).toEqual([]);
        expect(missing(textOf(clauses, '10'), terms.legal, terms)).toEqual([]);
        expect(missing(textOf(clauses, '1'), [terms.currency, timeZoneOf(terms)], terms)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('change with every word that has no number, too', () => {
    const [rule] = everyKindTerms.commissions;
    if (!rule) throw new Error('the example has no rule');
    const text = (terms: Terms, number: string) => textOf(clausesOf(terms, reading), number);
    const texts = (['new', 'existing'] as const).map((customer) =>
      text({ ...everyKindTerms, commissions: [{ ...rule, match: { customer } }] }, '2.1'),
    );
    for (const basis of ['amount', 'count'] as const) {
      for (const period of ['month', 'quarter', 'year', 'lifetime'] as const) {
        const reward: Reward = { kind: 'banded', basis, period, mode: 'whole', bands: [{ from: 0, rate: '1' }] };
        texts.push(text({ ...everyKindTerms, commissions: [{ ...rule, reward }] }, '2.1'));
      }
    }
    for (const exclusivity of [true, false]) texts.push(text({ ...everyKindTerms, legal: { exclusivity } }, '10'));
    for (const renewal of ['auto', 'consent', 'none'] as const) {
      texts.push(text({ ...everyKindTerms, term: { ...everyKindTerms.term, renewal } }, '7'));
    }
    for (const frequency of ['weekly', 'monthly', 'quarterly'] as const) {
      texts.push(text({ ...everyKindTerms, payment: { ...everyKindTerms.payment, frequency } }, '6'));
    }
    for (const metric of ['count', 'amount', 'new_customers'] as const) {
      texts.push(text({ ...everyKindTerms, tiers: { ...everyKindTerms.tiers!, metric } }, '4'));
      for (const period of ['month', 'quarter', 'year', 'lifetime'] as const) {
        const steps = [{ at: 1, amountMinor: 1 }];
        const bonuses = [{ id: 'steps', kind: 'milestone' as const, event: 'sale', metric, period, steps }];
        texts.push(text({ ...everyKindTerms, bonuses }, '3.1'));
      }
    }
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('contract clauses', () => {
  it('leave out the sections that the terms lack and keep the numbers of the others', () => {
    const { schema, currency, commissions, payment, term } = everyKindTerms;
    const sections = clausesOf({ schema, currency, commissions, payment, term })
      .map((clause) => clause.number)
      .filter((number) => !number.includes('.'));
    expect(sections).toEqual(['1', '2', '5', '6', '7', '9', '12']);
    const all = clausesOf(everyKindTerms).map((clause) => clause.number);
    expect(all.filter((number) => !number.includes('.'))).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
      '12',
    ]);
    expect(all).toEqual(expect.arrayContaining(['2.1', '2.4', '3.1', '3.5']));
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(languages)('say in plain words in %s what a partner asks first', (language: Language) => {
    const clauses = clausesOf(everyKindTerms, { language });
    const headings = clauses.filter(({ number }) => number.includes('.')).map(({ heading }) => heading);
    expect(new Set(headings).size).toBe(headings.length);
    for (const number of ['5.1', '5.2', '6.1', '6.2', '6.3', '6.4', '6.5', '6.6', '6.7', '7.3', '9.1', '9.2']) {
      expect(textOf(clauses, number).length).toBeGreaterThan(20);
    }
  });

  it('are made from terms that the parser takes', () => {
    expect(parseTerms(JSON.parse(JSON.stringify(everyKindTerms)))).toEqual(everyKindTerms);
  });

  it('state when the agreement begins', () => {
    const at = new Date('2026-03-29T00:30:00Z');
    const facts = contractInput(everyKindTerms, { effective: { kind: 'on', at } });
    const begin = (language: Language) => textOf(contractClauses(everyKindTerms, facts, language), '1.3');
    expect(begin('en')).toContain('29 March 2026, 01:30 (Europe/Berlin, UTC+01:00)');
    expect(begin('id')).toContain('29 Maret 2026 pukul 01.30 (Europe/Berlin, UTC+01:00)');
    expect(begin('ar')).toContain('29 مارس 2026، الساعة 01:30');
    expect(textOf(clausesOf(everyKindTerms), '1.3')).toContain('countersignature');
  });

  it('name whom to ask, or that any message may be answered', () => {
    const asked = (style: ContractStyle) =>
      textOf(contractClauses(everyKindTerms, contractInput(), 'en', style), '9.1');
    expect(asked({ support: 'help@crescent.example' })).toContain('at help@crescent.example.');
    expect(asked({})).toContain('by reply to any of its messages');
  });

  it('tell characters in names that would turn the reading direction by their code points', () => {
    const terms: Terms = { ...everyKindTerms, obligations: [{ id: 'x', text: 'pay \u202E05\u2066' }] };
    expect(textOf(clausesOf(terms), '8')).toContain('pay [U+202E]05[U+2066]');
    const facts = contractInput(terms, { partner: { name: 'A\u202Eb' } });
    expect(textOf(contractClauses(terms, facts, 'ar'), '1.1')).toContain('A[U+202E]b');
  });
});

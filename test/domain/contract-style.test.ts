import {
  clauseTexts,
  contractClauses,
  contractLanguage,
  styleErrors,
  textKeys,
  type ContractStyle,
} from '../../libs/documents/domain/index.js';
import { renderContract } from '../../libs/documents/contract-pdf.js';
import { languages, type Language } from '../../libs/kernel/language.js';
import { contractInput, everyKindTerms } from '../support/documents.js';

const reworded = (language: Language, key: string, text: string): ContractStyle => ({
  wordings: { [language]: { [key]: text } },
});

describe('wordings of a program', () => {
  it('stand in place of the library’s, with the same values', () => {
    const style = reworded('en', 'percent.text', 'For each such event you earn {rate} of what was paid.');
    expect(styleErrors(style, ['en'])).toEqual([]);
    const clauses = contractClauses(everyKindTerms, contractInput(), 'en', style);
    const text = clauses.find(({ number }) => number === '2.1')?.text.replaceAll('\u00a0', ' ');
    expect(text).toContain('For each such event you earn 12.5 % of what was paid.');
    expect(text).not.toContain('The commission is');
  });

  it.each<[string, Language, string, string, RegExp]>([
    ['leaves a value out', 'en', 'percent.text', 'You earn a share of the amount.', /exactly \{rate\}/],
    ['says a value twice', 'en', 'percent.text', '{rate}, that is {rate}', /exactly \{rate\}/],
    ['asks for another value', 'en', 'percent.text', '{rate} or {amount}', /exactly \{rate\}/],
    ['adds a value to a plain sentence', 'en', 'voids.text', 'Less {amount}.', /no placeholder/],
    ['leaves out one of two', 'en', 'retainer.text', '{amount} every {every}', /\{amount\}, \{every\}, \{every\}/],
    ['holds a number', 'en', 'percent.text', '{rate}, at most 50 a month', /number of its own/],
    ['holds an Arabic-Indic number', 'ar', 'percent.text', '{rate} حتى ٥٠', /number of its own/],
    ['holds a number of another script', 'en', 'percent.text', '{rate} and ५', /number of its own/],
    ['holds a fraction', 'en', 'percent.text', '{rate} and ½', /number of its own/],
    ['holds a full-width number', 'en', 'percent.text', '{rate} and ５', /number of its own/],
    ['holds a stray brace', 'en', 'voids.text', 'Void }', /brace/],
    ['breaks the line', 'en', 'voids.text', 'Void\nand more', /line break/],
    ['turns the reading direction', 'en', 'percent.text', '\u202E{rate}', /cannot be printed/],
    ['has no such address', 'en', 'percent.rate', '{rate}', /not a sentence/],
    ['has an address of objects', 'en', 'toString', '', /not a sentence/],
  ])('are refused where one %s', (_, language, key, text, message) => {
    expect(styleErrors(reworded(language, key, text), ['en'])).toEqual([
      { pointer: `/wordings/${language}/${key}`, message: expect.stringMatching(message) as string },
    ]);
  });

  it('are refused by the renderer too: a library may have changed since they were written', async () => {
    const input = contractInput(undefined, { style: reworded('en', 'percent.text', 'You earn 20 percent.') });
    await expect(renderContract(input)).rejects.toMatchObject({
      code: 'invalid-document',
      errors: [{ pointer: '/style/wordings/en/percent.text' }],
    });
  });

  it('may be the library’s own sentences', () => {
    const wordings = Object.fromEntries(languages.map((language) => [language, { ...clauseTexts(language) }]));
    expect(styleErrors({ wordings }, languages)).toEqual([]);
    expect(textKeys.length).toBeGreaterThan(100);
  });
});

describe('clauses of a program', () => {
  const clause = (text: string, heading = 'Brand') => ({ id: 'brand', heading: { en: heading }, text: { en: text } });

  it('stand in a section of their own, in their order, as paragraphs and lists', () => {
    const style = {
      clauses: [
        clause('Use our logo as it is.\r\n• never stretched\n• never recoloured'),
        { id: 'press', heading: { en: 'Press' }, text: { en: 'Ask us within 14 days.' } },
      ],
    };
    expect(styleErrors(style, ['en'])).toEqual([]);
    const clauses = contractClauses(everyKindTerms, contractInput(), 'en', style);
    expect(clauses.filter(({ number }) => number.startsWith('11'))).toEqual([
      { number: '11', heading: 'Additional clauses of the program', text: '' },
      { number: '11.1', heading: 'Brand', text: 'Use our logo as it is.\n• never stretched\n• never recoloured' },
      { number: '11.2', heading: 'Press', text: 'Ask us within 14 days.' },
    ]);
  });

  it.each([
    'You earn 15 % of it.',
    'You earn 15% of it.',
    'You earn % 15 of it.',
    'You earn 15 percent of it.',
    'Anda memperoleh 15 persen.',
    'تكسب ١٥٪ منها',
    'تكسب 15 في المئة',
    'We add USD 100.',
    'We add 100 EUR.',
    'We add 1,000.50 USD.',
    'We add $100.',
    'We add 100 €.',
    'Kami menambah Rp 50.000.',
  ])('are refused where they promise money: %s', (text) => {
    expect(styleErrors({ clauses: [clause(text)] }, ['en'])).toEqual([
      { pointer: '/clauses/0/text/en', message: expect.stringContaining('a rate or an amount') as string },
    ]);
  });

  it.each(['Answer within 14 days.', 'See the guide of 2026, page 3.', 'HTML 5 and ISO 9001 apply.'])(
    'may name other numbers: %s',
    (text) => expect(styleErrors({ clauses: [clause(text)] }, ['en'])).toEqual([]),
  );

  it('must be there in every language that contracts are made in, once', () => {
    const twice = { clauses: [clause('One.'), clause('Two.')] };
    expect(styleErrors(twice, ['en', 'ar']).map(({ pointer }) => pointer)).toEqual([
      '/clauses/0/heading/ar',
      '/clauses/0/text/ar',
      '/clauses/1/heading/ar',
      '/clauses/1/text/ar',
      '/clauses/1/id',
    ]);
  });

  it('hold nothing that cannot be printed', () => {
    const errors = styleErrors({ clauses: [clause('a\u0007b', 'two\nlines')] }, ['en']);
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/clauses/0/heading/en', '/clauses/0/text/en']);
  });
});

describe('the language of a contract', () => {
  it('is the person’s where the program has it, else the program’s first', () => {
    expect(contractLanguage('ar', ['en', 'ar'])).toBe('ar');
    expect(contractLanguage('id', ['ar', 'en'])).toBe('ar');
    expect(contractLanguage('en', ['en'])).toBe('en');
    expect(() => contractLanguage('en', [])).toThrow(RangeError);
  });
});

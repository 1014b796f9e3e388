import { readFileSync } from 'node:fs';
import { DomainError } from '../../libs/kernel/domain-error.js';
import {
  assertSameCurrency,
  checkFormAnswers,
  contractStyle,
  parseProgram,
  readProgram,
  type FormField,
} from '../../libs/programs/domain/index.js';

const demo = (): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL('../../libs/programs/demo-program.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;

/** The demo program with one value replaced, by JSON pointer; undefined removes it. */
function changed(pointer: string, value: unknown): Record<string, unknown> {
  const program = demo();
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/'));
  const last = names.pop() ?? '';
  const parent = names.reduce<Record<string, unknown>>(
    (node, name) => (node[name] ??= {}) as Record<string, unknown>,
    program,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return program;
}

function refusal(work: () => unknown): { code: string; pointers: string[] } {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, pointers: error.errors.map(({ pointer }) => pointer) };
    throw error;
  }
  return { code: 'nothing was refused', pointers: [] };
}

describe('program documents', () => {
  test('the demo program is one', () => {
    expect(parseProgram(demo())).toMatchObject({
      slug: 'northwind-partners',
      currency: 'USD',
      terms: { currency: 'USD' },
    });
  });

  test.each<[string, unknown]>([
    ['/slug', 'Northwind Partners'],
    ['/slug', '-northwind'],
    ['/name', ''],
    ['/name', undefined],
    ['/currency', 'XXX'],
    ['/timeZone', 'Mars/Olympus'],
    ['/application/offer', 12],
    ['/review/decisionWithin', 'P1M'],
    ['/signature/expiresAfter', 'soon'],
    ['/signature/maxReminders', -1],
    ['/signature/consent/text', ''],
    ['/contacts/legal', 'nobody'],
    ['/vesting/schedule', 'daily'],
    ['/payout/schedule', '0 4 1 *'],
    ['/payout/approvals/required', 0],
    ['/payout/approvals/required', 3],
    [
      '/payout/approvals/rules',
      [
        { fromMinor: 1, required: 1 },
        { fromMinor: 1, required: 2 },
      ],
    ],
    ['/payout/approvals/approvers', []],
    ['/payout/release', 'never'],
    ['/payout/approvals/role', 'finance'],
    ['/contract/languages', ['en', 'en']],
    ['/contract/numerals', 'roman'],
    ['/contract/support', 'ask nobody'],
    ['/contract/surprise', true],
    ['/surprise', true],
    ['/signature/surprise', true],
    ['/a~1b', 1],
  ])('%s as %j is refused, with its pointer', (pointer, value) => {
    expect(refusal(() => parseProgram(changed(pointer, value)))).toEqual({
      code: 'invalid-document',
      pointers: expect.arrayContaining([pointer]) as string[],
    });
  });

  test('a contract’s words of its own are checked against the clause library, with their pointers', () => {
    const contract = {
      languages: ['en', 'ar'],
      wordings: { en: { 'percent.text': 'You earn 20 percent.', 'voids.text': 'What is void earns nothing.' } },
      clauses: [{ id: 'brand', heading: { en: 'Brand' }, text: { en: 'Use our logo, and earn USD 5.', ar: 'شعارنا' } }],
    };
    expect(refusal(() => parseProgram(changed('/contract', contract)))).toEqual({
      code: 'invalid-document',
      pointers: ['/contract/wordings/en/percent.text', '/contract/clauses/0/heading/ar', '/contract/clauses/0/text/en'],
    });
  });

  test('what is stored stays readable when the clause library changes', () => {
    const stored = changed('/contract', { wordings: { en: { 'a-clause-of-before.text': 'Earn {something}.' } } });
    expect(contractStyle(readProgram(stored))).toEqual({
      numerals: 'latin',
      wordings: { en: { 'a-clause-of-before.text': 'Earn {something}.' } },
      clauses: [],
      support: 'partners@northwind.example',
    });
  });

  test.each([null, undefined, [], 'a program', 5])('%j is none', (input) => {
    expect(refusal(() => parseProgram(input)).code).toBe('invalid-document');
  });

  test('standard terms are checked like any terms, with pointers from the program on', () => {
    expect(refusal(() => parseProgram(changed('/terms/commissions/0/reward/rate', '12.50')))).toMatchObject({
      code: 'invalid-document',
      pointers: expect.arrayContaining(['/terms/commissions/0/reward/rate']) as string[],
    });
  });

  test('standard terms in another currency could be signed but never paid', () => {
    expect(refusal(() => parseProgram(changed('/terms/currency', 'EUR')))).toEqual({
      code: 'invalid-document',
      pointers: ['/terms/currency'],
    });
    expect(() => assertSameCurrency(parseProgram(demo()).terms, 'USD')).not.toThrow();
  });

  test('rules that withhold tax have a name of their own and a percentage, and nothing is withheld where nothing is said', () => {
    const stated = (withholding: unknown) => parseProgram(changed('/payees', { withholding })).payees.withholding;
    const rules = [{ id: 'us', ratePercent: '10' }];
    expect(stated({ rules, backupRatePercent: '24' })).toEqual({ rules, backupRatePercent: '24' });
    expect(stated({})).toEqual({ rules: [] });
    for (const [wrong, pointer] of [
      [{ rules: [...rules, ...rules] }, '/payees/withholding/rules/1/id'],
      [{ rules: [{ id: 'none', ratePercent: '1' }] }, '/payees/withholding/rules/0/id'],
      [{ rules: [{ id: 'us', ratePercent: '100.1' }] }, '/payees/withholding/rules/0/ratePercent'],
    ] as const) {
      expect(refusal(() => stated(wrong))).toEqual({ code: 'invalid-document', pointers: [pointer] });
    }
  });

  test('a field is there once, and options belong to choices', () => {
    const field = { name: 'website', label: 'Where?', type: 'url', required: false };
    const asked = (fields: unknown) => {
      const { schema: _, texts: _texts, ...application } = demo()['application'] as Record<string, unknown>;
      return changed('/application', { ...application, fields });
    };
    expect(refusal(() => parseProgram(asked([field, field]))).pointers).toEqual(['/application/fields/1/name']);
    for (const odd of [
      { ...field, type: 'choice' },
      { ...field, options: ['a'] },
    ]) {
      expect(refusal(() => parseProgram(asked([odd]))).pointers).toEqual(['/application/fields/0/options']);
    }
  });
});

describe('answers to the form', () => {
  const fields: FormField[] = [
    { name: 'website', label: 'Where?', type: 'url', required: true },
    { name: 'followers', label: 'How many?', type: 'number', required: false },
    { name: 'kind', label: 'What?', type: 'choice', required: false, options: ['agency', 'media'] },
    { name: 'about', label: 'Who?', type: 'text', required: false },
  ];
  const check = (answers: Record<string, unknown>) => refusal(() => checkFormAnswers({ fields }, answers)).pointers;

  test('are accepted where they fit', () => {
    expect(check({ website: 'https://a.example', followers: 0, kind: 'media', about: 'Us' })).toEqual([]);
    expect(check({ website: 'https://a.example', about: null, kind: '' })).toEqual([]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{}, '/form/website'],
    [{ website: '' }, '/form/website'],
    [{ website: 'javascript:alert(1)' }, '/form/website'],
    [{ website: 'https://a.example x' }, '/form/website'],
    [{ website: 5 }, '/form/website'],
    [{ website: 'https://a.example', followers: '5' }, '/form/followers'],
    [{ website: 'https://a.example', followers: NaN }, '/form/followers'],
    [{ website: 'https://a.example', kind: 'bank' }, '/form/kind'],
    [{ website: 'https://a.example', about: 'x'.repeat(2001) }, '/form/about'],
    [{ website: 'https://a.example', about: {} }, '/form/about'],
    [{ website: 'https://a.example', 'a/b~c': 1 }, '/form/a~1b~0c'],
    [{ website: 'https://a.example', __proto: 1 }, '/form/__proto'],
  ])('%j is refused at %s', (answers, pointer) => {
    expect(check(answers)).toEqual([pointer]);
  });

  test('every error is named at once', () => {
    expect(check({ followers: 'many', kind: 'bank', other: 1 }).sort()).toEqual([
      '/form/followers',
      '/form/kind',
      '/form/other',
      '/form/website',
    ]);
  });
});

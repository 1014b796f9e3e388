import fc from 'fast-check';
import {
  isTermsPattern,
  judgeTerms,
  parseRate,
  type Guardrail,
  type GuardrailBound,
  type Terms,
} from '../../libs/agreements/domain/index.js';
import { parseProgram } from '../../libs/programs/domain/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { demoProgram } from '../support/demo-program.js';
import { anyTerms } from '../support/terms-arbitrary.js';

const demo = demoProgram().terms;
const rates: Guardrail = {
  path: '/commissions/*/reward/rate',
  bounds: [
    { role: 'partner_manager', max: '15' },
    { role: 'finance', max: '20' },
  ],
};
const withRate = (rate: string): Terms => ({
  ...demo,
  commissions: [demo.commissions[0]!, { ...demo.commissions[1]!, reward: { kind: 'percent', rate } }],
});
const judge = (terms: Terms, guardrails: Guardrail[], ...roles: string[]): unknown => {
  const { needed, beyond } = judgeTerms(terms, guardrails, roles);
  return [
    needed.map(({ role, fields }) => `${role} ${fields.map(({ pointer }) => pointer).join(' ')}`),
    beyond.map(({ pointer }) => pointer),
  ];
};

const flat = (amountMinor: number): object => ({ kind: 'flat', amountMinor });

describe('guardrails', () => {
  it.each([
    ['15', []],
    ['15.000001', ['finance /commissions/1/reward/rate']],
    ['9.999999', []],
    ['20', ['finance /commissions/1/reward/rate']],
  ])('of rates compare exact decimals: %s', (rate, needed) => {
    expect(judge(withRate(rate), [rates], 'partner_manager')).toEqual([needed, []]);
  });

  it('leave to no role what is beyond them all', () => {
    expect(judge(withRate('20.5'), [rates], 'partner_manager')).toEqual([[], ['/commissions/1/reward/rate']]);
    expect(
      judge(withRate('20.5'), [{ ...rates, bounds: [...rates.bounds, { role: 'admin' }] }], 'partner_manager'),
    ).toEqual([['admin /commissions/1/reward/rate'], []]);
  });

  it('let somebody do what one of its roles may', () => {
    expect(judge(withRate('18'), [rates], 'partner_manager', 'finance')).toEqual([[], []]);
    expect(judge(withRate('18'), [rates], 'finance')).toEqual([[], []]);
  });

  it('give no say to a role that they do not name', () => {
    const finance: Guardrail = { path: '/payment/minimumMinor', bounds: [{ role: 'finance', max: 5000 }] };
    expect(judge(demo, [finance], 'partner_manager')).toEqual([['finance /payment/minimumMinor'], []]);
  });

  it('gather the fields by the role that they need', () => {
    const law: Guardrail = { path: '/legal/governingLaw', bounds: [{ role: 'legal' }] };
    const terms = {
      ...withRate('18'),
      commissions: withRate('18').commissions.map((each) => ({
        ...each,
        reward: { kind: 'percent' as const, rate: '18' },
      })),
    };
    expect(judge(terms, [rates, law], 'partner_manager')).toEqual([
      ['finance /commissions/0/reward/rate /commissions/1/reward/rate', 'legal /legal/governingLaw'],
      [],
    ]);
  });

  const own = (path: string, bound: Omit<GuardrailBound, 'role'>): Guardrail[] => [
    { path, bounds: [{ role: 'partner_manager', ...bound }] },
  ];
  it.each<[string, Guardrail[], boolean]>([
    ['at least, an amount', own('/payment/minimumMinor', { min: 2500 }), true],
    ['below the least amount', own('/payment/minimumMinor', { min: 2501 }), false],
    ['one of the allowed', own('/payment/frequency', { allowed: ['monthly', 'quarterly'] }), true],
    ['none of the allowed', own('/payment/frequency', { allowed: ['quarterly'] }), false],
    ['what is forbidden', own('/term/renewal', { forbidden: ['auto'] }), false],
    ['what is not forbidden', own('/term/renewal', { forbidden: ['none'] }), true],
    ['a truth value', own('/legal/exclusivity', { allowed: [false] }), true],
    ['a field that may not be there', own('/obligations', { allowed: [] }), false],
    ['a field that is not there', own('/bonuses', { allowed: [] }), true],
    ['a duration that is held against a number', own('/term/notice', { max: '30' }), false],
    ['a rate that is held against an amount', own('/commissions/*/reward/rate', { max: 100 }), false],
    ['an amount that is held against a decimal', own('/payment/minimumMinor', { max: '99999' }), false],
    ['an element by its place', own('/commissions/0/reward/rate', { max: '12.5' }), true],
  ])('bound %s', (_what, guardrails, isInside) => {
    const { beyond } = judgeTerms(demo, guardrails, ['partner_manager']);
    expect(beyond.length === 0).toBe(isInside);
  });

  const capped = (limits: object | undefined, reward: object = { kind: 'percent', rate: '8' }): Terms =>
    ({ ...demo, commissions: [{ id: 'all', event: 'sale', reward, ...(limits && { limits }) }] }) as Terms;
  it.each<[string, string, Omit<GuardrailBound, 'role'>, Terms, boolean]>([
    ['a cap within', 'limits/perEventMinor', { max: 5000 }, capped({ perEventMinor: 5000 }), true],
    ['no cap where there must be one', 'limits/perEventMinor', { max: 5000 }, capped(undefined), false],
    ['no such cap among others', 'limits/lifetimeMinor', { max: 5000 }, capped({ perEventMinor: 1 }), false],
    ['no cap for a month', 'limits/perPeriod/maxMinor', { max: 5000 }, capped({ lifetimeMinor: 1 }), false],
    ['a fixed amount, which is its own cap', 'limits/perEventMinor', { max: 200 }, capped(undefined, flat(200)), true],
    ['a fixed amount above the cap', 'limits/perEventMinor', { max: 200 }, capped(undefined, flat(201)), false],
    ['no cap where one must be high enough', 'limits/perEventMinor', { min: 5000 }, capped(undefined), true],
    ['no cap where none may be', 'limits/perEventMinor', { allowed: [] }, capped(undefined), true],
    ['no cap where it is one of some', 'limits/perEventMinor', { allowed: [5000] }, capped(undefined), false],
    ['no least order where there must be one', 'match/minAmountMinor', { min: 1 }, capped(undefined), false],
    ['no least order where it may be small', 'match/minAmountMinor', { max: 1000 }, capped(undefined), true],
  ])('go around no bound: %s', (_what, field, bound, terms, isInside) => {
    for (const rule of ['*', '0']) {
      const { beyond } = judgeTerms(terms, own(`/commissions/${rule}/${field}`, bound), ['partner_manager']);
      expect(beyond.map(({ pointer }) => pointer)).toEqual(isInside ? [] : [`/commissions/0/${field}`]);
    }
    // Of a rule that is not there nothing is left out.
    expect(judgeTerms(terms, own(`/commissions/1/${field}`, bound), ['partner_manager']).beyond).toEqual([]);
  });

  it('find every percent rate of any terms that is above the bound, and no other', () => {
    fc.assert(
      fc.property(anyTerms, fc.integer({ min: 0, max: 100_000_000 }), (terms, micro) => {
        const max = (micro / 1_000_000).toFixed(6);
        const { beyond } = judgeTerms(terms, own('/commissions/*/reward/rate', { max }), ['partner_manager']);
        const above = terms.commissions.flatMap(({ reward }, index) =>
          reward.kind === 'percent' && parseRate(reward.rate) > BigInt(micro)
            ? [`/commissions/${index}/reward/rate`]
            : [],
        );
        expect(beyond.map(({ pointer }) => pointer)).toEqual(above);
      }),
    );
  });
});

describe('the pattern of a guardrail', () => {
  it.each([
    ['/commissions/*/reward/rate', true],
    ['/commissions/*/reward/bands/*/rate', true],
    ['/commissions/*/match/countries/*', true],
    ['/commissions/0/limits/perPeriod/maxMinor', true],
    ['/bonuses/*/amountMinor', true],
    ['/attribution/shares/*', true],
    ['/legal/governingLaw', true],
    ['/comissions/*/reward/rate', false],
    ['/commissions/*/rate', false],
    ['/payment/minimum', false],
    ['commissions', false],
    ['/currency/x', false],
  ])('%s: could be in a terms document: %s', (path, isThere) => {
    expect(isTermsPattern(path)).toBe(isThere);
  });

  const refused = (guardrails: unknown): string[] => {
    try {
      parseProgram({ ...demoProgram(), negotiation: { guardrails } });
      return [];
    } catch (error) {
      return (error as DomainError).errors.map(({ pointer }) => pointer);
    }
  };
  it('is checked when a program is made, and so are its bounds', () => {
    expect(refused([rates])).toEqual([]);
    expect(refused([{ ...rates, path: '/comissions/*/rate' }])).toEqual(['/negotiation/guardrails/0/path']);
    expect(refused([{ ...rates, bounds: [] }])).toEqual(['/negotiation/guardrails/0/bounds']);
    expect(refused([{ ...rates, bounds: [{ role: 'partner', max: '15' }] }])).toEqual([
      '/negotiation/guardrails/0/bounds/0/role',
    ]);
    expect(refused([{ ...rates, bounds: [{ role: 'finance', max: '15 %' }] }])).toEqual([
      '/negotiation/guardrails/0/bounds/0/max',
    ]);
    expect(refused([{ ...rates, bounds: [{ role: 'finance' }, { role: 'finance', max: '1' }] }])).toEqual([
      '/negotiation/guardrails/0/bounds/1/role',
    ]);
  });
});

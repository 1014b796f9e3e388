import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  clauseNumbers,
  hundredPercent,
  parseRate,
  parseTerms,
  termsHash,
  termsSchema,
  type Terms,
} from '../../libs/agreements/domain/index.js';
import { isCalendarDuration } from '../../libs/kernel/calendar.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { everyKindTerms } from '../support/documents.js';

const full = everyKindTerms;

/** The document with the value at `pointer` replaced; undefined takes the field out. */
function changed(pointer: string, value: unknown): unknown {
  const copy = structuredClone(full) as unknown;
  const keys = pointer.split('/').slice(1);
  const last = keys.pop()!;
  let parent = copy as Record<string, unknown>;
  for (const key of keys) parent = parent[key] as Record<string, unknown>;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

function pointersOf(document: unknown): string[] {
  return errorOf(() => parseTerms(document)).errors.map(({ pointer }) => pointer);
}

function errorOf(work: () => unknown): DomainError {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a terms document', () => {
  it('is accepted with every kind, and with only what it must have', () => {
    expect(parseTerms(full)).toEqual(full);
    const { schema, currency, payment, term } = full;
    expect(parseTerms({ schema, currency, payment, term, commissions: [] })).toBeDefined();
  });

  it.each([
    ['/schema', 'pactline.terms/2'],
    ['/currency', 'usd'],
    ['/currency', 'XXX'],
    ['/timeZone', 'Mars/Olympus'],
    ['/timeZone', '+01:00'],
    ['/commissions', undefined],
    ['/payment/holding', undefined],
    ['/payment/extra', 1],
    ['/commissions/0/priority', 1],
    ['/commissions/0/id', 'naïve'],
    ['/commissions/0/id', 'x'.repeat(129)],
    ['/commissions/0/event', ''],
    ['/commissions/0/event', 'refund'],
    ['/commissions/0/match/colour', 'red'],
    ['/commissions/0/match/customer', 'any'],
    ['/commissions/0/match/coupons', []],
    ['/commissions/0/match/minAmountMinor', -1],
    ['/commissions/0/match/from', '2026-01-01T00:00:00'],
    ['/commissions/0/match/from', '2026-01-01T00:00:00.0001Z'],
    ['/commissions/0/match/from', '2026-02-30T00:00:00Z'],
    ['/commissions/0/match/until', '2026-01-01T01:00:00+01:00'],
    ['/commissions/0/match/withinFirst', 'PT1H'],
    ['/commissions/0/match/tiers/0', 'diamond'],
    ['/commissions/0/reward/rate', '12.50'],
    ['/commissions/0/reward/rate', undefined],
    ['/commissions/0/reward/amountMinor', 5],
    ['/commissions/0/reward/kind', 'lottery'],
    ['/commissions/0/reward/kind', undefined],
    ['/commissions/0/limits/perEventMinor', 1.5],
    ['/commissions/0/limits/perPeriod/period', 'week'],
    ['/commissions/1/reward/bands/0/from', 1],
    ['/commissions/1/reward/bands/1/from', 0],
    ['/commissions/2/reward/amountMinor', 9007199254740992],
    ['/commissions/2/id', 'volume'],
    ['/commissions/3/reward/of', 'stars'],
    ['/bonuses/0/id', 'install'],
    ['/bonuses/1/every', 'P0D'],
    ['/bonuses/2/steps/1/at', 50],
    ['/bonuses/3/deliverable', undefined],
    ['/bonuses/4/rate', '101'],
    ['/tiers/list/0/from', 10],
    ['/tiers/graceReviews', -1],
    ['/attribution/shares', { finder: '99' }],
    ['/term/length', 'P0D'],
    ['/obligations/0/text', 'x'.repeat(4001)],
    ['/legal/governingLaw', '\ud800'],
    ['/legal/exclusivity', 'no'],
  ])('is refused at %s for %j', (pointer, value) => {
    expect(pointersOf(changed(pointer, value))).toEqual([pointer]);
  });

  it('is refused with everything that is wrong, not with the first alone', () => {
    const document = { ...full, currency: 1, colour: 'red', term: { length: 'P1Y', renewal: 'auto' } };
    expect(pointersOf(document).sort()).toEqual(['/colour', '/currency', '/term/notice']);
    expect(errorOf(() => parseTerms(document)).code).toBe('invalid-document');
    expect(pointersOf({ ...full, 'a/b~c': 1 })).toEqual(['/a~1b~0c']);
    expect(pointersOf('text')).toEqual(['']);
    expect(pointersOf(null)).toEqual(['']);
  });

  it('is refused with too many rules', () => {
    const rule = full.commissions[2]!;
    const commissions = Array.from({ length: 1001 }, (_, index) => ({ ...rule, id: `r${index}` }));
    expect(pointersOf({ ...full, commissions })).toEqual(['/commissions']);
  });

  it('refuses tier names that repeat', () => {
    const list = [
      { name: 'silver', from: 0 },
      { name: 'gold', from: 1 },
      { name: 'gold', from: 2 },
    ];
    expect(pointersOf({ ...full, tiers: { ...full.tiers, list } })).toEqual(['/tiers/list/2/name']);
  });

  it('takes shares with the model roles alone, and only when they add up', () => {
    const roles = (shares?: Record<string, string>) => ({
      ...full,
      attribution: { model: 'roles', window: 'P30D', shares },
    });
    expect(parseTerms(roles({ finder: '66.6', closer: '33.4' }))).toBeDefined();
    expect(pointersOf(roles({ finder: '66.6', closer: '33.3' }))).toEqual(['/attribution/shares']);
    expect(pointersOf(JSON.parse(JSON.stringify(roles())))).toEqual(['/attribution/shares']);
    expect(pointersOf(roles({ finder: '066.6', closer: '33.4' }))).toEqual(['/attribution/shares/finder']);
  });

  it('has the published file as its schema', () => {
    const published: unknown = JSON.parse(readFileSync('libs/agreements/domain/terms.schema.json', 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(termsSchema)));
  });
});

describe('rates', () => {
  const accepted = (rate: string) => {
    try {
      return parseTerms(changed('/commissions/0/reward/rate', rate)) !== undefined;
    } catch {
      return false;
    }
  };

  it.each(['0', '0.000001', '1', '9.9', '12.345678', '99.999999', '100'])('%s is canonical', (rate) => {
    expect(accepted(rate)).toBe(true);
  });

  it.each([
    '',
    '00',
    '01',
    '1.',
    '.5',
    '0.0',
    '1.50',
    '1.0000001',
    '100.1',
    '101',
    '-1',
    '+1',
    '1e1',
    ' 1',
    '1\n',
    '１',
  ])('%j is not', (rate) => {
    expect(accepted(rate)).toBe(false);
  });

  it('are accepted exactly where writing their value anew gives the same text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,3}(\.\d{0,7})?$/), (rate) => {
        const [whole = '', fraction = ''] = rate.split('.');
        const trimmed = fraction.replace(/0+$/, '');
        const canonical = `${BigInt(whole)}${trimmed && `.${trimmed}`}`;
        expect(accepted(rate)).toBe(rate === canonical && trimmed.length <= 6 && Number(rate) <= 100);
      }),
    );
  });

  it('are read exactly', () => {
    expect(parseRate('12.345678')).toBe(12345678n);
    expect(parseRate('0.000001')).toBe(1n);
    expect(parseRate('100')).toBe(hundredPercent);
    expect(() => parseRate('100.1')).toThrow(RangeError);
    expect(() => parseRate('1.2345678')).toThrow(RangeError);
  });
});

describe('durations', () => {
  it('are the same for the schema and the calendar', () => {
    const pattern = new RegExp(termsSchema.$defs.duration.pattern, 'u');
    const part = fc.oneof(fc.constantFrom('P', 'T', 'Y', 'M', 'W', 'D'), fc.nat(99999).map(String));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
        const text = `P${parts.join('')}`;
        expect(pattern.test(text)).toBe(isCalendarDuration(text));
      }),
    );
  });
});

describe('the terms hash', () => {
  it('is that of the canonical text, whatever the order of keys', () => {
    const minimal = {
      term: { notice: 'P30D', renewal: 'none', length: 'P1Y' },
      payment: { methods: ['bank_transfer'], minimumMinor: 0, holding: 'P0D', frequency: 'monthly' },
      commissions: [],
      currency: 'USD',
      schema: 'pactline.terms/1',
    } satisfies Terms;
    const reversed = Object.fromEntries(Object.entries(minimal).reverse()) as unknown as Terms;
    expect(termsHash(reversed)).toBe(termsHash(minimal));
    expect(termsHash(minimal)).toBe('18eaeb6bf10ef1005bf8085a5db6ad871787d9a27eab28e26038baf85e17bf5c');
    expect(termsHash({ ...minimal, currency: 'EUR' })).not.toBe(termsHash(minimal));
  });
});

describe('clause numbers', () => {
  it('follow the order of the document, section by section', () => {
    const numbers = clauseNumbers(full);
    expect(numbers.get('new-customers')).toBe('2.1');
    expect(numbers.get('store-credit')).toBe('2.4');
    expect(numbers.get('welcome')).toBe('3.1');
    expect(numbers.get('ltv')).toBe('3.5');
  });
});

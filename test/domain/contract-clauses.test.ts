import fc from 'fast-check';
import { clauseNumbers, parseTerms, timeZoneOf, type Reward, type Terms } from '../../libs/agreements/domain/index.js';
import { contractClauses, englishWording, type Clause } from '../../libs/documents/domain/index.js';
import { formatMoney } from '../../libs/kernel/money.js';
import { contractInput, everyKindTerms } from '../support/documents.js';
import { anyTerms } from '../support/terms-arbitrary.js';

function clausesOf(terms: Terms): Clause[] {
  return contractClauses(terms, contractInput(terms));
}

/** Heading and text of a clause, or of a section with all its clauses. */
function textOf(clauses: readonly Clause[], number: string): string {
  return clauses
    .filter((clause) => clause.number === number || clause.number.startsWith(`${number}.`))
    .map((clause) => `${clause.heading}\n${clause.text}`)
    .join('\n');
}

/** `value` stands in `text`, and not as a part of a longer number or word. */
function says(text: string, value: string): boolean {
  const escaped = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\d])(?<!\\d[.,])${escaped}(?![\\p{L}\\d]|[.,]\\d)`, 'u').test(text);
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Whole numbers that stand for money or for a count, by what the element around them measures. */
function measured(value: number, key: string, owner: Record<string, unknown>, currency: string): string {
  const byAmount = owner['basis'] === 'amount' || owner['metric'] === 'amount';
  const money = key.endsWith('Minor') || (byAmount && (key === 'from' || key === 'at'));
  return money ? formatMoney(BigInt(value), currency) : grouped.format(value);
}

function durationPhrases(iso: string): string[] {
  const units: Record<string, string> = { Y: 'year', M: 'month', W: 'week', D: 'day' };
  return [...iso.matchAll(/(\d+)([YMWD])/g)]
    .filter(([, count]) => Number(count) > 0)
    .map(([, count, unit]) => `${count} ${units[unit ?? '']}${count === '1' ? '' : 's'}`);
}

function instantPhrases(text: string, timeZone: string): string[] {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(new Date(text));
  return [
    format({ day: 'numeric', month: 'long', year: 'numeric' }),
    format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  ];
}

/** What a part of the terms must be found as in its clause: every leaf but words that are said as a sentence. */
function expectedPhrases(value: unknown, key: string, owner: Record<string, unknown>, terms: Terms): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => expectedPhrases(element, key, owner, terms));
  if (typeof value === 'object' && value !== null) {
    const part = value as Record<string, unknown>;
    const context = { ...owner, ...part };
    return Object.entries(part).flatMap(([name, inner]) => expectedPhrases(inner, name, context, terms));
  }
  if (typeof value === 'number') {
    return [measured(value, key, owner, terms.currency)];
  }
  if (typeof value !== 'string') return [];
  if (key === 'rate' || key === 'share') return [`${value} %`];
  if (/^P\d/.test(value)) return durationPhrases(value);
  if (key === 'from' || key === 'until') return instantPhrases(value, timeZoneOf(terms));
  return ['kind', 'basis', 'mode', 'metric', 'of', 'customer', 'period', 'requalify', 'renewal'].includes(key)
    ? []
    : [value];
}

function missing(text: string, part: unknown, terms: Terms): string[] {
  return expectedPhrases(part, '', {}, terms).filter((phrase) => !says(text, phrase));
}

describe('contract clauses', () => {
  it('say every value of every rule and bonus in the clause that commission lines cite for it', () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        const clauses = clausesOf(terms);
        const numbers = clauseNumbers(terms);
        for (const part of [...terms.commissions, ...(terms.bonuses ?? [])]) {
          const own = clauses.filter((clause) => clause.number === numbers.get(part.id));
          expect(own).toHaveLength(1);
          expect(missing(textOf(own, own[0]?.number ?? ''), part, terms)).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('say every value of the other parts in their sections', () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        const clauses = clausesOf(terms);
        const shares = Object.entries(terms.attribution?.shares ?? {}).map(([role, share]) => ({ role, share }));
        const attribution = terms.attribution ? { ...terms.attribution, shares } : undefined;
        expect(missing(textOf(clauses, '4'), terms.tiers, terms)).toEqual([]);
        expect(missing(textOf(clauses, '5'), attribution, terms)).toEqual([]);
        expect(missing(textOf(clauses, '6'), terms.payment, terms)).toEqual([]);
        expect(missing(textOf(clauses, '7'), terms.term, terms)).toEqual([]);
        expect(missing(textOf(clauses, '8'), terms.obligations, terms)).toEqual([]);
        expect(missing(textOf(clauses, '9'), terms.legal, terms)).toEqual([]);
        expect(missing(textOf(clauses, '1'), [terms.currency, timeZoneOf(terms)], terms)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('change with every word that has no number, too', () => {
    const [rule] = everyKindTerms.commissions;
    if (!rule) throw new Error('the example has no rule');
    const texts = (['new', 'existing'] as const).map((customer) =>
      textOf(clausesOf({ ...everyKindTerms, commissions: [{ ...rule, match: { customer } }] }), '2.1'),
    );
    for (const basis of ['amount', 'count'] as const) {
      for (const period of ['month', 'quarter', 'year', 'lifetime'] as const) {
        const reward: Reward = { kind: 'banded', basis, period, mode: 'whole', bands: [{ from: 0, rate: '1' }] };
        texts.push(textOf(clausesOf({ ...everyKindTerms, commissions: [{ ...rule, reward }] }), '2.1'));
      }
    }
    for (const exclusivity of [true, false])
      texts.push(textOf(clausesOf({ ...everyKindTerms, legal: { exclusivity } }), '9'));
    for (const renewal of ['auto', 'consent', 'none'] as const) {
      texts.push(textOf(clausesOf({ ...everyKindTerms, term: { ...everyKindTerms.term, renewal } }), '7'));
    }
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('leave out the sections that the terms lack and keep the numbers of the others', () => {
    const { schema, currency, commissions, payment, term } = everyKindTerms;
    const sections = clausesOf({ schema, currency, commissions, payment, term })
      .map((clause) => clause.number)
      .filter((number) => !number.includes('.'));
    expect(sections).toEqual(['1', '2', '6', '7', '10']);
    const all = clausesOf(everyKindTerms).map((clause) => clause.number);
    expect(all.filter((number) => !number.includes('.'))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    expect(all).toEqual(expect.arrayContaining(['2.1', '2.4', '3.1', '3.5']));
    expect(new Set(all).size).toBe(all.length);
  });

  it('are made from terms that the parser takes', () => {
    expect(parseTerms(JSON.parse(JSON.stringify(everyKindTerms)))).toEqual(everyKindTerms);
  });

  it('state when the agreement begins', () => {
    const at = new Date('2026-03-29T00:30:00Z');
    const fixed = contractClauses(everyKindTerms, contractInput(everyKindTerms, { effective: { kind: 'on', at } }));
    expect(textOf(fixed, '1.3')).toContain('29 March 2026, 01:30 (Europe/Berlin, UTC+01:00)');
    expect(textOf(clausesOf(everyKindTerms), '1.3')).toContain('countersignature');
  });
});

describe('English wording', () => {
  const wording = englishWording('USD', 'Europe/Berlin');

  it.each([
    ['P30D', '30 days'],
    ['P1D', '1 day'],
    ['P12M', '12 months'],
    ['P1Y6M', '1 year and 6 months'],
    ['P2Y1M3W4D', '2 years, 1 month, 3 weeks and 4 days'],
    ['P0D', '0 days'],
    ['P1000D', '1,000 days'],
  ])('tells %s as %s', (iso, words) => expect(wording.duration(iso)).toBe(words));

  it.each([
    ['2026-10-25T00:30:00Z', '25 October 2026, 02:30 (Europe/Berlin, UTC+02:00)'],
    ['2026-10-25T01:30:00Z', '25 October 2026, 02:30 (Europe/Berlin, UTC+01:00)'],
    ['2026-06-30T23:59:59.5+02:00', '30 June 2026, 23:59:59.500 (Europe/Berlin, UTC+02:00)'],
  ])('tells %s apart as %s', (text, words) => expect(wording.instant(text)).toBe(words));

  it('tells rates, counts, ordinals and lists', () => {
    expect(wording.rate('12.5')).toBe('12.5 %');
    expect(wording.money(-123456n)).toBe('-USD 1,234.56');
    expect([1, 2, 3, 4, 11, 12, 13, 21, 111].map((value) => wording.ordinal(value)).join(' ')).toBe(
      '1st 2nd 3rd 4th 11th 12th 13th 21st 111th',
    );
    expect([wording.any(['a']), wording.any(['a', 'b']), wording.all(['a', 'b', 'c'])]).toEqual([
      'a',
      'a or b',
      'a, b and c',
    ]);
    expect(englishWording('USD', 'Etc/UTC').instant('2026-01-01T00:00:00Z')).toBe('1 January 2026, 00:00 (UTC)');
  });
});

import { expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import {
  agreementPeriods,
  branchOff,
  compileTerms,
  explainEvent,
  noTotals,
  priceEvent,
  RateTable,
  sentencesOf,
  type PricedEvent,
} from '../../libs/commissions/domain/index.js';
import { termsWith } from '../support/terms-with.js';

const atMs = Date.parse('2026-01-10T00:00:00Z');

/** The sentences about the last of some sales of these amounts, without the numbers of clauses. */
function told(terms: Partial<Terms>, amounts: readonly number[], fields: Partial<PricedEvent> = {}): string[] {
  const versions = agreementPeriods([{ fromMs: -Infinity, terms: compileTerms(termsWith(terms), 'hash') }]);
  const context = { versions, tiers: [], rates: new RateTable() };
  const state = { firstSales: new Map<string, number>(), ...noTotals() };
  const events = amounts.map((amount, index) => ({
    ...{ id: `s${index}`, type: 'sale', occurredAtMs: atMs + index, amountMinor: BigInt(amount), currency: 'USD' },
    ...fields,
  })) as PricedEvent[];
  const last = events.pop()!;
  for (const event of events) priceEvent(event, state, context);
  const trace = explainEvent(last, branchOff(state, new Map(state.firstSales)), context);
  return sentencesOf(trace, []).map(({ sentence }) => sentence.replace(/ \(clause [^)]*\)/, ''));
}

test('every rule that was tried has a sentence, up to the one that gives', () => {
  const commissions: Terms['commissions'] = [
    { id: 'install', event: 'install', reward: { kind: 'flat', amountMinor: 100 } },
    { id: 'spring', event: 'sale', match: { coupons: ['SPRING'] }, reward: { kind: 'percent', rate: '20' } },
    { id: 'large', event: 'sale', match: { minAmountMinor: 5_000 }, reward: { kind: 'percent', rate: '12.5' } },
    { id: 'rest', event: 'sale', reward: { kind: 'percent', rate: '1' } },
  ];
  expect(told({ commissions }, [10_000])).toEqual([
    'Rule install does not apply: its condition event asks for "install", and there is "sale".',
    'Rule spring does not apply: its condition match.coupons asks for ["SPRING"], and there is nothing.',
    'Rule large gives 12.5 % of USD 100.00, which is USD 12.50.',
  ]);
});

test('limits say what they cut and what was given of them before', () => {
  const limits = { perEventMinor: 900, perPeriod: { period: 'month', maxMinor: 1_500 } } as const;
  const commissions: Terms['commissions'] = [
    { id: 'sales', event: 'sale', reward: { kind: 'percent', rate: '10' }, limits },
  ];
  // 10.00 are cut to 9.00, of the month's 15.00 6.00 are left; then none.
  expect(told({ commissions }, [10_000, 10_000])).toEqual([
    'Rule sales gives 10 % of USD 100.00, which is USD 10.00, cut to USD 9.00 by its limit perEvent of USD 9.00, cut to USD 6.00 by its limit perPeriod of USD 15.00, USD 9.00 of which was given before.',
  ]);
  expect(told({ commissions }, [10_000, 10_000, 10])).toEqual([
    'Rule sales gives 10 % of USD 0.10, which is USD 0.01, cut to USD 0.00 by its limit perPeriod of USD 15.00, USD 15.00 of which was given before, so there is no line.',
  ]);
});

test('bands and milestones say from where to where they counted', () => {
  const bands = [
    { from: 0, rate: '5' },
    { from: 15_000, rate: '10' },
  ];
  const reward = { kind: 'banded', basis: 'amount', period: 'month', mode: 'marginal', bands } as const;
  const steps = [{ at: 2, amountMinor: 700 }];
  const terms: Partial<Terms> = {
    commissions: [{ id: 'volume', event: 'sale', reward }],
    bonuses: [{ id: 'steps', kind: 'milestone', event: 'sale', metric: 'count', period: 'month', steps }],
  };
  expect(told(terms, [10_000])[1]).toBe(
    'Bonus steps counts events in 2026-01 from 0 to 1 and reaches no step with it.',
  );
  expect(told(terms, [10_000, 10_000])).toEqual([
    'Rule volume gives 5 % of USD 50.00 and 10 % of USD 50.00, as its count in 2026-01 goes from USD 100.00 to USD 200.00, which is USD 7.50.',
    'Bonus steps counts events in 2026-01 from 1 to 2 and reaches the step 2, which gives USD 7.00.',
  ]);
});

test('a flat amount that is shared says which part of it this is', () => {
  const commissions: Terms['commissions'] = [
    { id: 'lead', event: 'sale', reward: { kind: 'flat', amountMinor: 1_000 } },
  ];
  const share = { wholeMinor: 9_000n, weights: [1n, 2n], place: 1 };
  expect(told({ commissions }, [6_000])).toEqual(['Rule lead gives USD 10.00 for each event.']);
  // Two thirds of 10.00 are 6.67 by largest remainder.
  expect(told({ commissions }, [6_000], { share })).toEqual([
    'Rule lead gives USD 10.00 for each event, of which this part is USD 6.67.',
  ]);
});

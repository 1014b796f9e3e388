import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { ownTraits, suspicionsOf, type PartnerIdentity, type RiskFacts } from '../../libs/commissions/domain/index.js';
import type { HoldRules } from '../../libs/programs/domain/index.js';

const dayMs = 86_400_000;
const off: HoldRules = { selfPurchase: false, leakedCoupons: false };
const lengths = { withinMs: dayMs, usualOverMs: 4 * dayMs };

/** The causes that rules find in facts about one event. */
function causes(facts: Partial<RiskFacts>, rules: Partial<HoldRules>, within = lengths): string[] {
  const found = suspicionsOf({ eventId: 'e', partnerId: 'p', ...facts }, { ...off, ...rules }, within);
  return found.map(({ cause }) => cause);
}

describe('many sales of one customer', () => {
  const rules = { customerSales: { within: 'P1D', max: 2 } };

  test('are held above the limit, not at it', () => {
    expect(causes({ customerSales: 2 }, rules)).toEqual([]);
    expect(causes({ customerSales: 3 }, rules)).toEqual(['customer_sales']);
  });

  test('hold nothing of an event that has no customer, or where the rule is off', () => {
    expect(causes({}, rules)).toEqual([]);
    expect(causes({ customerSales: 1_000 }, {})).toEqual([]);
  });
});

describe('a rate of refunds', () => {
  const rules = { refundRate: { within: 'P60D', minSales: 4, maxPercent: 25 } };

  test('is held above the limit, not at it, in whole numbers', () => {
    // 1 of 4 is 25 % itself; 2 of 7 are 28.6 %; 333,334 of 1,333,333 are 25.00002 %.
    expect(causes({ sales: { total: 4, refunded: 1 } }, rules)).toEqual([]);
    expect(causes({ sales: { total: 7, refunded: 2 } }, rules)).toEqual(['refund_rate']);
    expect(causes({ sales: { total: 1_333_336, refunded: 333_334 } }, rules)).toEqual([]);
    expect(causes({ sales: { total: 1_333_333, refunded: 333_334 } }, rules)).toEqual(['refund_rate']);
  });

  test('means nothing of fewer sales than the rule asks for', () => {
    expect(causes({ sales: { total: 3, refunded: 3 } }, rules)).toEqual([]);
    expect(
      causes({ sales: { total: 0, refunded: 0 } }, { refundRate: { ...rules.refundRate, maxPercent: 0 } }),
    ).toEqual([]);
  });
});

describe('a burst', () => {
  const rules = { burst: { within: 'P1D', usualOver: 'P4D', factor: 3, minSales: 3 } };

  test('is more than the factor times the usual stretch, not as much', () => {
    // 4 sales in 4 days are one a day: three are thrice as many, four are more.
    expect(causes({ stretch: { sales: 3, salesBefore: 4 } }, rules)).toEqual([]);
    expect(causes({ stretch: { sales: 4, salesBefore: 4 } }, rules)).toEqual(['burst']);
    // 5 in 4 days are 1.25 a day, thrice that is 3.75: four are more.
    expect(causes({ stretch: { sales: 4, salesBefore: 5 } }, rules)).toEqual(['burst']);
    // 6 in 4 days: thrice 1.5 is 4.5, and four are fewer.
    expect(causes({ stretch: { sales: 4, salesBefore: 6 } }, rules)).toEqual([]);
  });

  test('of a partner that had none before begins at the least number that the rule looks at', () => {
    expect(causes({ stretch: { sales: 2, salesBefore: 0 } }, rules)).toEqual([]);
    expect(causes({ stretch: { sales: 3, salesBefore: 0 } }, rules)).toEqual(['burst']);
  });

  test('compares without rounding, however long the stretches are', () => {
    const whole = fc.integer({ min: 0, max: 1_000_000 });
    const lengthOf = fc.integer({ min: 1, max: 366 }).map((days) => days * dayMs + 1);
    fc.assert(
      fc.property(whole, whole, lengthOf, lengthOf, (sales, salesBefore, withinMs, usualOverMs) => {
        const isMore = BigInt(sales) * BigInt(usualOverMs) > 3n * BigInt(salesBefore) * BigInt(withinMs);
        const found = causes({ stretch: { sales, salesBefore } }, rules, { withinMs, usualOverMs });
        expect(found).toEqual(isMore && sales >= 3 ? ['burst'] : []);
      }),
    );
  });
});

test('an event is held once for every rule that it runs into, with what each has seen', () => {
  const rules: HoldRules = {
    customerSales: { within: 'P1D', max: 1 },
    selfPurchase: true,
    refundRate: { within: 'P1D', minSales: 1, maxPercent: 10 },
    burst: { within: 'P1D', usualOver: 'P4D', factor: 2, minSales: 1 },
    leakedCoupons: true,
  };
  const facts: RiskFacts = {
    ...{ eventId: 'e', partnerId: 'p', customerSales: 2, isPartnersOwn: ['email', 'card'], hasLeakedCoupon: true },
    ...{ sales: { total: 5, refunded: 1 }, stretch: { sales: 3, salesBefore: 4 } },
  };
  const own = { eventId: 'e', partnerId: 'p' };
  expect(suspicionsOf(facts, rules, lengths)).toEqual([
    { ...own, cause: 'customer_sales', seen: { sales: 2, max: 1 } },
    { ...own, cause: 'self_purchase', seen: { by: ['email', 'card'] } },
    { ...own, cause: 'refund_rate', seen: { total: 5, refunded: 1, maxPercent: 10 } },
    { ...own, cause: 'burst', seen: { sales: 3, salesBefore: 4, factor: 2 } },
    { ...own, cause: 'leaked_coupon', seen: {} },
  ]);
  expect(suspicionsOf(facts, off, undefined)).toEqual([]);
});

describe('a partner that is its own customer', () => {
  const partner: PartnerIdentity = {
    ...{ partnerId: 'prt_1', reference: 'ada', emailKeys: ['ada@shop.example'], phones: ['+442079460000'] },
    ...{ emailHashes: new Set(['hash-of-email']), addressHashes: new Set(['hash-of-address']) },
    cardFingerprints: new Set(['card-1']),
  };
  const stranger = {
    ...{ customer: undefined, emailKey: undefined, emailHash: undefined, addressHash: undefined },
    cardFingerprint: undefined,
  };

  test.each([
    ['its id', { customer: 'prt_1' }, ['customer']],
    ['its reference', { customer: 'ada' }, ['customer']],
    ['its phone', { customer: '+442079460000' }, ['customer']],
    ['its mail address', { customer: 'Ada@shop.example', emailKey: 'ada@shop.example' }, ['email']],
    ['the hash of its mail address', { emailHash: 'hash-of-email' }, ['email']],
    ['its postal address', { addressHash: 'hash-of-address' }, ['address']],
    ['its card', { cardFingerprint: 'card-1' }, ['card']],
    [
      'all of them',
      { emailHash: 'hash-of-email', addressHash: 'hash-of-address', cardFingerprint: 'card-1' },
      ['email', 'address', 'card'],
    ],
  ])('is known by %s', (_, known, traits) => {
    expect(ownTraits({ ...stranger, ...known }, partner)).toEqual(traits);
  });

  test('is not a stranger, nor one of whom nothing is known', () => {
    const other = {
      customer: 'c-1',
      emailKey: 'x@y.example',
      emailHash: 'h',
      addressHash: 'i',
      cardFingerprint: 'card-2',
    };
    expect(ownTraits(other, partner)).toEqual([]);
    expect(ownTraits(stranger, { ...partner, emailHashes: new Set(), cardFingerprints: new Set() })).toEqual([]);
  });
});

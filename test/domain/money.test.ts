import fc from 'fast-check';
import { isCurrency, minorUnitExponent } from '../../libs/kernel/currency.js';
import { formatMoney, fromDecimalString, moneyToJson, toDecimalString, toSafeNumber } from '../../libs/kernel/money.js';
import { divideHalfEven } from '../../libs/kernel/rounding.js';

const amounts = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n });
const currencies = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD', 'HUF', 'IDR', 'CLF');

describe('currencies', () => {
  test.each([
    ['USD', 2],
    ['HUF', 2],
    ['IDR', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['KWD', 3],
    ['CLF', 4],
  ])('%s has %i digits behind the point by ISO 4217', (code, exponent) => {
    expect(isCurrency(code)).toBe(true);
    expect(minorUnitExponent(code)).toBe(exponent);
  });

  test.each(['', 'usd', 'US', 'USDT', 'XXX', 'XAU', 'DEM', 'HRK', '__proto__', 'toString'])(
    '%j is no currency to pay in',
    (code) => {
      expect(isCurrency(code)).toBe(false);
      expect(() => minorUnitExponent(code)).toThrow(RangeError);
    },
  );
});

describe('amounts as text', () => {
  test.each([
    [123456n, 'USD', '1234.56', 'USD 1,234.56'],
    [5n, 'USD', '0.05', 'USD 0.05'],
    [-5n, 'USD', '-0.05', '-USD 0.05'],
    [0n, 'USD', '0.00', 'USD 0.00'],
    [1234567n, 'JPY', '1234567', 'JPY 1,234,567'],
    [1234n, 'KWD', '1.234', 'KWD 1.234'],
    [-100000000n, 'EUR', '-1000000.00', '-EUR 1,000,000.00'],
  ])('%s minor units of %s', (amount, currency, decimal, formatted) => {
    expect(toDecimalString(amount, currency)).toBe(decimal);
    expect(formatMoney(amount, currency)).toBe(formatted);
  });

  test('every amount is read back as it was written', () => {
    fc.assert(
      fc.property(amounts, currencies, (amount, currency) => {
        expect(fromDecimalString(toDecimalString(amount, currency), currency)).toBe(amount);
      }),
    );
  });

  test.each([
    ['11.7', 'USD', 1170n],
    ['11', 'USD', 1100n],
    ['11.7700', 'USD', 1177n],
    ['0011.77', 'USD', 1177n],
    ['12.00', 'JPY', 12n],
  ])('%s %s is read as the minor units it means', (text, currency, amount) => {
    expect(fromDecimalString(text, currency)).toBe(amount);
  });

  test.each([
    ['11.777', 'USD'],
    ['1.5', 'JPY'],
    ['', 'USD'],
    ['.5', 'USD'],
    ['5.', 'USD'],
    ['1,234.56', 'USD'],
    ['1e3', 'USD'],
    ['+5', 'USD'],
    ['--5', 'USD'],
    [' 5', 'USD'],
    ['5\n', 'USD'],
    ['٥', 'USD'],
    ['NaN', 'USD'],
    ['1234567890123456', 'USD'],
  ])('%j is no amount of %s', (text, currency) => {
    expect(fromDecimalString(text, currency)).toBeUndefined();
  });
});

describe('amounts as JSON', () => {
  test('are safe integers beside their currency', () => {
    expect(moneyToJson({ amountMinor: 1250n, currency: 'USD' })).toEqual({ amountMinor: 1250, currency: 'USD' });
    expect(toSafeNumber(BigInt(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each([2n ** 53n, -(2n ** 53n), 10n ** 30n])('%s is refused, as JSON would lose it', (amount) => {
    expect(() => toSafeNumber(amount)).toThrow(RangeError);
  });
});

describe('half-even division', () => {
  test.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [-1n, 3n, 0n],
    [-2n, 3n, -1n],
    [0n, 7n, 0n],
    [125n, 10n, 12n],
    [135n, 10n, 14n],
  ])('%s / %s is %s', (numerator, denominator, quotient) => {
    expect(divideHalfEven(numerator, denominator)).toBe(quotient);
  });

  test.each([0n, -1n])('by %s is refused', (denominator) => {
    expect(() => divideHalfEven(1n, denominator)).toThrow(RangeError);
  });

  test('is never more than half a unit off, and even where it is exactly half', () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 1n, max: 10n ** 9n }), (numerator, denominator) => {
        const quotient = divideHalfEven(numerator, denominator);
        const twiceOff = 2n * (quotient * denominator - numerator);
        const magnitude = twiceOff < 0n ? -twiceOff : twiceOff;
        expect(magnitude <= denominator).toBe(true);
        if (magnitude === denominator) expect(quotient % 2n).toBe(0n);
      }),
    );
  });

  test('takes a reversal back to the cent: the negative of an amount rounds to the negative', () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 1n, max: 10n ** 6n }), (numerator, denominator) => {
        expect(divideHalfEven(-numerator, denominator)).toBe(-divideHalfEven(numerator, denominator));
      }),
    );
  });
});

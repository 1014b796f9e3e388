import { minorUnitExponent } from '../../kernel/currency.js';
import type { Money } from '../../kernel/money.js';

/** More digits behind the point than any currency has. */
const commonExponent = 5;

/** The most that an amount may be, in minor units: eighteen digits less the three that sums need. */
export const maxAmountMinor = 999_999_999_999_999n;

/** A sum over amounts of any currencies in major units, as control sums are made: the currencies do not matter. */
export function controlSum(amounts: Iterable<Money>): string {
  let sum = 0n;
  for (const { amountMinor, currency } of amounts) {
    sum += amountMinor * 10n ** BigInt(commonExponent - minorUnitExponent(currency));
  }
  const digits = sum.toString().padStart(commonExponent + 1, '0');
  const fraction = digits.slice(-commonExponent).replace(/0+$/, '');
  const whole = digits.slice(0, -commonExponent);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Whether two decimals without a sign are the same number. */
export function isSameDecimal(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(decimal: string): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  return `${whole.replace(/^0+(?=\d)/, '')}.${fraction.replace(/0+$/, '')}`;
}

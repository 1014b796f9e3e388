import { minorUnitExponent } from './currency.js';

/** An amount of money in minor units of its currency (ISO 4217 exponent). */
export interface Money {
  amountMinor: bigint;
  currency: string;
}

/** Money as it crosses JSON: a safe integer. */
export interface MoneyJson {
  amountMinor: number;
  currency: string;
}

/** An integer of minor units as a JSON number; throws where JSON would lose it. */
export function toSafeNumber(amountMinor: bigint): number {
  const number = Number(amountMinor);
  if (!Number.isSafeInteger(number)) throw new RangeError('the amount is beyond the safe integers of JSON');
  return number;
}

export function moneyToJson({ amountMinor, currency }: Money): MoneyJson {
  return { amountMinor: toSafeNumber(amountMinor), currency };
}

/** `123456` minor units of USD as `1234.56`: a plain decimal without grouping, for data files. */
export function toDecimalString(amountMinor: bigint, currency: string): string {
  const exponent = minorUnitExponent(currency);
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  return `${amountMinor < 0n ? '-' : ''}${whole}${fraction}`;
}

/** A plain decimal (`11.77`) as minor units; undefined where it is no decimal or has more digits than the currency. */
export function fromDecimalString(text: string, currency: string): bigint | undefined {
  const match = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const exponent = minorUnitExponent(currency);
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > exponent) return undefined;
  const amount = BigInt(`${match[2]}${fraction.padEnd(exponent, '0')}`);
  return match[1] === '-' ? -amount : amount;
}

/** `1234.56` as people read it in documents and mails: `USD 1,234.56`. */
export function formatMoney(amountMinor: bigint, currency: string): string {
  const decimal = toDecimalString(amountMinor, currency);
  const [whole = '', fraction] = decimal.replace('-', '').split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return `${amountMinor < 0n ? '-' : ''}${currency} ${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

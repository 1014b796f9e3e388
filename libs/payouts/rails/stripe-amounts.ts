import { isCurrency, minorUnitExponent } from '../../kernel/currency.js';

/**
 * Digits behind the decimal point where Stripe's amounts differ from ISO 4217 (docs.stripe.com/currencies, "Zero-decimal
 * currencies" and "Special cases"): ariary have none, króna and Ugandan shillings are written with two zeros.
 */
const stripeExponents: Readonly<Record<string, number>> = { MGA: 0, ISK: 2, UGX: 2 };

/** Three-decimal currencies end in 0 in Stripe's amounts ("Special cases"). */
const stripeGranularity: Readonly<Record<string, bigint>> = { BHD: 10n, JOD: 10n, KWD: 10n, OMR: 10n, TND: 10n };

/** Minor units (ISO 4217) as Stripe writes them; undefined where Stripe cannot express the amount exactly. */
export function toStripeAmount(amountMinor: bigint, currency: string): bigint | undefined {
  const shift = stripeExponent(currency) - minorUnitExponent(currency);
  const factor = 10n ** BigInt(Math.abs(shift));
  if (shift < 0 && amountMinor % factor !== 0n) return undefined;
  const amount = shift < 0 ? amountMinor / factor : amountMinor * factor;
  return amount % (stripeGranularity[currency] ?? 1n) === 0n ? amount : undefined;
}

/** Stripe's amount in minor units (ISO 4217). Throws where the currency has no such unit, which Stripe rules out. */
export function fromStripeAmount(amount: bigint, currency: string): bigint {
  const shift = minorUnitExponent(currency) - stripeExponent(currency);
  const factor = 10n ** BigInt(Math.abs(shift));
  if (shift >= 0) return amount * factor;
  if (amount % factor !== 0n) throw new RangeError(`an amount of ${currency} is finer than its minor unit`);
  return amount / factor;
}

/**
 * What an account holds by Stripe's amounts, in minor units by currency (upper case). What is finer than the minor unit is
 * left out, as are currencies that ISO 4217 does not know.
 */
export function fromStripeBalance(amounts: Iterable<{ amount: number; currency: string }>): Map<string, bigint> {
  const balance = new Map<string, bigint>();
  for (const { amount, currency: code } of amounts) {
    const currency = code.toUpperCase();
    if (!isCurrency(currency)) continue;
    const shift = minorUnitExponent(currency) - stripeExponent(currency);
    const factor = 10n ** BigInt(Math.abs(shift));
    const minor = shift >= 0 ? BigInt(amount) * factor : BigInt(amount) / factor;
    balance.set(currency, (balance.get(currency) ?? 0n) + minor);
  }
  return balance;
}

function stripeExponent(currency: string): number {
  return stripeExponents[currency] ?? minorUnitExponent(currency);
}

/** Decimals that a rate may have (terms.md, Shape). */
const rateDecimals = 6;

/** 100 percent in the unit of `parseRate`. */
export const hundredPercent = 100n * 10n ** BigInt(rateDecimals);

/**
 * A rate in percent, as terms documents write it (`"12.5"`), as an exact integer of millionths of a percent. An amount
 * × this / `hundredPercent` is the commission. Throws RangeError for a text that the terms schema would refuse.
 */
export function parseRate(text: string): bigint {
  const match = /^(\d{1,3})(?:\.(\d{1,6}))?$/.exec(text);
  if (!match) throw new RangeError(`not a rate: ${text}`);
  const rate = BigInt(`${match[1]}${(match[2] ?? '').padEnd(rateDecimals, '0')}`);
  if (rate > hundredPercent) throw new RangeError(`not a rate: ${text}`);
  return rate;
}

/**
 * Divides an amount (minor units, 0 or more) in proportion to weights (0 or more, not all 0) so that the parts add up to it
 * exactly: by the largest remainder, and of equal remainders by the place in the list.
 */
export function allocate(amountMinor: bigint, weights: readonly bigint[]): bigint[] {
  if (amountMinor < 0n) throw new RangeError('the amount must not be negative');
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total <= 0n || weights.some((weight) => weight < 0n))
    throw new RangeError('the weights must add up to something');
  const parts = weights.map((weight) => (amountMinor * weight) / total);
  const left = amountMinor - parts.reduce((sum, part) => sum + part, 0n);
  const byRemainder = weights
    .map((weight, place) => ({ place, remainder: (amountMinor * weight) % total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.place - b.place : a.remainder > b.remainder ? -1 : 1));
  for (const { place } of byRemainder.slice(0, Number(left))) parts[place]! += 1n;
  return parts;
}

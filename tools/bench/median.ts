/** The median of some figures; of an even number of them the upper one of the two in the middle, and 0 of none. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? 0;
}

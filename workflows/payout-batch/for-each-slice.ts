/** Slices of one batch that are worked on at a time (temporal.md, Shapes). */
const slicesInFlight = 8;

/**
 * Runs `work` for the slices after `done` up to `slices`, a bounded number at a time; the first failure ends it. Once
 * `isFull` says so no more are begun. How many of the slices are done then, all of them from the first on.
 */
export async function forEachSlice(
  slices: number,
  work: (slice: number) => Promise<unknown>,
  { done = 0, isFull = () => false }: { done?: number | undefined; isFull?: () => boolean } = {},
): Promise<number> {
  let next = done + 1;
  const takeTurns = async () => {
    while (next <= slices && !isFull()) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(slices - done, slicesInFlight) }, takeTurns));
  return Math.max(done, next - 1);
}

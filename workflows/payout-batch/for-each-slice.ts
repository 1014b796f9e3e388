/** Slices of one batch that are worked on at a time (temporal.md, Shapes). */
const slicesInFlight = 8;

/** Runs `work` for the slices 1 to `slices`, a bounded number at a time; the first failure ends it. */
export async function forEachSlice(slices: number, work: (slice: number) => Promise<unknown>): Promise<void> {
  let next = 1;
  const takeTurns = async () => {
    while (next <= slices) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(slices, slicesInFlight) }, takeTurns));
}

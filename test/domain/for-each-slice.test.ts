import { forEachSlice } from '../../workflows/payout-batch/for-each-slice.js';

/** Work on slices that takes its turn of the event loop; what was begun, and how many at a time. */
function watched(work: (slice: number) => void = () => undefined) {
  const begun: number[] = [];
  const seen = { underWay: 0, most: 0 };
  const take = async (slice: number) => {
    begun.push(slice);
    seen.most = Math.max(seen.most, ++seen.underWay);
    await new Promise((resolve) => setTimeout(resolve, slice % 3));
    seen.underWay -= 1;
    work(slice);
  };
  return { begun, seen, take };
}

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('the slices of a batch', () => {
  it('are each taken once, eight at a time', async () => {
    const { begun, seen, take } = watched();
    expect(await forEachSlice(50, take)).toBe(50);
    expect(begun).toEqual(from(1, 50));
    expect(seen).toEqual({ underWay: 0, most: 8 });
  });

  it('are taken after those that an earlier run has done, as many as there are', async () => {
    const { begun, seen, take } = watched();
    expect(await forEachSlice(50, take, { done: 47 })).toBe(50);
    expect([begun, seen.most]).toEqual([from(48, 50), 3]);
    expect(await forEachSlice(50, take, { done: 50 })).toBe(50);
    expect(await forEachSlice(0, take)).toBe(0);
    expect(begun).toHaveLength(3);
  });

  it('are begun no more once a run is full; what was begun ends, and the next run goes on after it', async () => {
    const { begun, seen, take } = watched();
    const done = await forEachSlice(50, take, { done: 10, isFull: () => begun.length >= 20 });
    expect([done, seen.underWay]).toEqual([30, 0]);
    expect(begun).toEqual(from(11, 30));
    expect(await forEachSlice(50, take, { done, isFull: () => true })).toBe(30);
  });

  it('end with the first failure', async () => {
    const failing = watched((slice) => {
      if (slice === 5) throw new Error('the rail is down');
    });
    await expect(forEachSlice(50, failing.take)).rejects.toThrow('the rail is down');
  });
});

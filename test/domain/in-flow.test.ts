import { inFlow } from '../../libs/payouts/in-flow.js';

/** A flow over the numbers below `count`, ten at a time, whose results are noted in the sets in which they come. */
function flowOf(count: number, work: (item: number) => Promise<number>, changes: { check?: () => void } = {}) {
  const sets: number[][] = [];
  let given = 0;
  const flow = {
    next: () => {
      const items = Array.from({ length: Math.min(10, count - given) }, (_, index) => given + index);
      given += items.length;
      return Promise.resolve(items);
    },
    ...{ limit: 4, lowWater: 4, work, setSize: 5, setMs: 1 },
    record: (results: readonly number[]) => {
      sets.push([...results]);
      return Promise.resolve();
    },
    check: changes.check ?? (() => undefined),
  };
  return { flow, sets, given: () => given };
}

const sorted = (sets: number[][]) => sets.flat().sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

it('takes every item once, and writes down every result', async () => {
  let underWay = 0;
  let most = 0;
  const { flow, sets } = flowOf(57, async (item) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, item % 3));
    underWay -= 1;
    return item;
  });
  await inFlow(flow);
  expect(sorted(sets)).toEqual(upTo(57));
  expect(most).toBe(4);
});

it('is held up by no item that takes long', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { flow, sets } = flowOf(57, async (item) => {
    if (item === 0) await held;
    else if (item === 56) release();
    return item;
  });
  // Were the first one waited for, the last would never be begun and this would not end.
  await inFlow(flow);
  expect(sorted(sets)).toEqual(upTo(57));
});

it('ends once all is written down, one set after the other, and tells that the last one could not be', async () => {
  const { flow } = flowOf(57, (item) => Promise.resolve(item));
  const written: number[][] = [];
  let underWay = 0;
  const record = async (results: readonly number[]) => {
    expect(++underWay).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    underWay -= 1;
    written.push([...results]);
  };
  await inFlow({ ...flow, record });
  expect(sorted(written)).toEqual(upTo(57));

  const last = flowOf(3, (item) => Promise.resolve(item));
  const fail = () => new Promise<void>((_, reject) => setTimeout(() => reject(new Error('no database')), 5));
  await expect(inFlow({ ...last.flow, record: fail })).rejects.toThrow('no database');
});

it('begins nothing more after a failure, writes down what was begun, and throws it', async () => {
  const begun: number[] = [];
  const { flow, sets } = flowOf(57, async (item) => {
    begun.push(item);
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (item === 6) throw new Error('the rail is down');
    return item;
  });
  await expect(inFlow(flow)).rejects.toThrow('the rail is down');
  expect(begun.length).toBeLessThan(20);
  expect(sorted(sets)).toEqual(begun.filter((item) => item !== 6).sort((a, b) => a - b));
});

it('ends where it is told to, where nothing more can be claimed, and where nothing can be written down', async () => {
  let looks = 0;
  const stopped = flowOf(57, (item) => Promise.resolve(item), {
    check: () => {
      if ((looks += 1) > 10) throw new Error('shutting down');
    },
  });
  await expect(inFlow(stopped.flow)).rejects.toThrow('shutting down');
  expect(stopped.sets.flat()).toHaveLength(10);

  const unclaimed = flowOf(57, (item) => Promise.resolve(item));
  let asked = 0;
  const next = () => {
    if (unclaimed.given() < 20) return unclaimed.flow.next();
    asked += 1;
    return Promise.reject(new Error('no database'));
  };
  await expect(inFlow({ ...unclaimed.flow, next })).rejects.toThrow('no database');
  expect(sorted(unclaimed.sets)).toEqual(upTo(20));
  expect(asked).toBe(1);

  let begun = 0;
  const unwritten = flowOf(57, async (item) => {
    begun += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return item;
  });
  const record = () => Promise.reject(new Error('no database'));
  await expect(inFlow({ ...unwritten.flow, record })).rejects.toThrow('no database');
  expect(begun).toBeLessThan(20);
});

import { inSlices } from '../../libs/kernel/in-slices.js';

it('does the work in the order of the items, and lets others go on between two slices', async () => {
  const done: string[] = [];
  const work = inSlices(['a', 'b', 'c', 'd', 'e'], 2, (item, index) => done.push(`${item}${index}`));
  // A slice begins at once: nobody waits for a list that is short.
  expect(done).toEqual(['a0', 'b1']);
  setImmediate(() => done.push('other'));
  await work;
  expect(done.indexOf('other')).toBeLessThan(done.indexOf('e4'));
  expect(done.filter((each) => each !== 'other')).toEqual(['a0', 'b1', 'c2', 'd3', 'e4']);
});

it('says what the work throws, and does no more of it', async () => {
  const done: number[] = [];
  const work = inSlices([1, 2, 3, 4], 2, (item) => {
    if (item === 3) throw new RangeError('no third');
    done.push(item);
  });
  await expect(work).rejects.toThrow('no third');
  expect(done).toEqual([1, 2]);
});

it('an empty list is no work', async () => {
  await inSlices([], 2, () => {
    throw new Error('there is nothing to do');
  });
});

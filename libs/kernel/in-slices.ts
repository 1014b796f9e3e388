import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Does `work` for each item in its order, and lets all else that waits in this process go on after every `sliceSize` of them:
 * a long list must not hold up an answer that others wait for, least of all one under a lock.
 */
export async function inSlices<Item>(
  items: readonly Item[],
  sliceSize: number,
  work: (item: Item, index: number) => void,
): Promise<void> {
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0 && index % sliceSize === 0) await nextTurn();
    work(items[index]!, index);
  }
}

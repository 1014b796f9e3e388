import { expect, test } from 'vitest';
import { groupBy } from '../../libs/kernel/group-by.js';

test('groups stand in the order of their first items, and items in the order in which they come', () => {
  const groups = groupBy(['pear', 'apple', 'plum', 'avocado', 'cherry'], (word) => word[0]);
  expect([...groups]).toEqual([
    ['p', ['pear', 'plum']],
    ['a', ['apple', 'avocado']],
    ['c', ['cherry']],
  ]);
  expect(groupBy([], String).size).toBe(0);
});

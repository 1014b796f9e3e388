import { afterEach, expect, it, vi } from 'vitest';
import { isId, newId } from '../../libs/kernel/ids.js';

afterEach(() => void vi.restoreAllMocks());

it('makes ids that are all different and sort in the order in which they were made, however many a millisecond', () => {
  const ids = Array.from({ length: 20_000 }, () => newId('txn'));
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  expect(ids.every((id) => isId('txn', id))).toBe(true);
});

it('keeps their order where the clock goes back', () => {
  const before = newId('txn');
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 60_000);
  const after = [newId('txn'), newId('txn')];
  expect([before, ...after].sort()).toEqual([before, ...after]);
});

it('tells the millisecond in which an id was made', () => {
  const nowMs = Date.now() + 1_000;
  vi.spyOn(Date, 'now').mockReturnValue(nowMs);
  expect(Number.parseInt(newId('evt').slice(4, 16), 16)).toBe(nowMs);
});

import { expect, it } from 'vitest';
import { together } from '../../libs/kernel/together.js';

it('gives what each gives, in their order', async () => {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve('late'), 5));
  expect(await together([late, Promise.resolve(2)])).toEqual(['late', 2]);
});

it('waits for all before it throws the error that came first', async () => {
  const ended: string[] = [];
  const failing = async (name: string, delayMs: number): Promise<never> => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    ended.push(name);
    throw new RangeError(name);
  };
  await expect(together([failing('late', 20), failing('early', 1), Promise.resolve()])).rejects.toThrow('early');
  expect(ended).toEqual(['early', 'late']);
});

import { setTimeout as pause } from 'node:timers/promises';
import { writeWhileComputing } from '../../libs/database/side-by-side.js';

describe('writing while the next part is computed', () => {
  const log: string[] = [];
  beforeEach(() => void log.splice(0));

  async function* parts(count: number, failsAt?: number): AsyncGenerator<number> {
    for (let part = 1; part <= count; part += 1) {
      if (part === failsAt) throw new Error(`cannot compute ${part}`);
      log.push(`computed ${part}`);
      yield await Promise.resolve(part);
    }
  }

  /** A statement that takes longer than to compute a part. */
  const write =
    (failsAt?: number) =>
    async (part: number): Promise<void> => {
      await pause(20);
      if (part === failsAt) throw new Error(`cannot write ${part}`);
      log.push(`wrote ${part}`);
    };

  it('computes a part while those before it are written, and ends when all are', async () => {
    await writeWhileComputing(parts(3), write());
    expect(log).toEqual(['computed 1', 'computed 2', 'computed 3', 'wrote 1', 'wrote 2', 'wrote 3']);
  });

  it('leaves nothing running where a part cannot be computed', async () => {
    await expect(writeWhileComputing(parts(3, 3), write())).rejects.toThrow('cannot compute 3');
    expect(log).toEqual(['computed 1', 'computed 2', 'wrote 1', 'wrote 2']);
  });

  it('leaves nothing running where a part cannot be written, and throws what failed first', async () => {
    const failing = async (part: number): Promise<void> => {
      if (part === 2) throw new Error('the cause');
      await write(1)(part);
    };
    await expect(writeWhileComputing(parts(9), failing)).rejects.toThrow('the cause');
    // No more is begun once one has failed.
    expect(log).toEqual(['computed 1', 'computed 2']);
  });

  it('has nothing to do where there is no part', async () => {
    await writeWhileComputing(parts(0), write());
    expect(log).toEqual([]);
  });
});

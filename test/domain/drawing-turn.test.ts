import { setImmediate as nextTurn } from 'node:timers/promises';
import { inTurn } from '../../libs/documents/drawing-turn.js';

/** A drawing that takes some steps, and notes how many others are under way. */
function drawing(underWay: { now: number; most: number }, log: string[], name: string): () => Promise<string> {
  return async () => {
    underWay.now += 1;
    underWay.most = Math.max(underWay.most, underWay.now);
    for (let step = 0; step < 3; step += 1) await Promise.resolve();
    underWay.now -= 1;
    log.push(name);
    return name;
  };
}

describe('drawing in turn', () => {
  it('draws one by one in the order of asking, and lets others go on between two', async () => {
    const underWay = { now: 0, most: 0 };
    const log: string[] = [];
    const names = ['a', 'b', 'c', 'd'];
    const drawn = Promise.all(names.map((name) => inTurn(drawing(underWay, log, name))));
    // Somebody else, who needs as many turns of the loop as there are documents.
    for (let turn = 0; turn < names.length; turn += 1) {
      await nextTurn();
      log.push('-');
    }
    expect(await drawn).toEqual(names);
    expect(underWay.most).toBe(1);
    for (const [earlier, later] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
    ] as const) {
      expect(log.slice(log.indexOf(earlier), log.indexOf(later))).toContain('-');
    }
  });

  it('goes on after one that fails, which whoever asked for it is told', async () => {
    const failed = inTurn(() => Promise.reject(new Error('no ink')));
    const next = inTurn(() => Promise.resolve('drawn'));
    await expect(failed).rejects.toThrow('no ink');
    expect(await next).toBe('drawn');
  });
});

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { LeanClient } from './lean-client.js';
import { postEvents } from './post-events.js';
import type { Load } from './steady-load.js';

/** How long before the first all of them are set, in milliseconds: to set thousands of timers takes longer than the first ones have. */
const timersMs = 500;

process.once('message', (load: Load) => {
  // A failure ends the process.
  void run(load).then((took) => process.send?.(took, () => process.disconnect()));
});

async function run(load: Load): Promise<number[]> {
  if (load.kind === 'reports') {
    const client = new LeanClient(load.url, { authorization: `Bearer ${load.token}` });
    const took = await warmAndMeasured(load, load.items, (body) => postEvents(client, body));
    client.close();
    return took;
  }
  const { text, connectionString, items } = load;
  const pool = new Pool({ connectionString });
  const took = await warmAndMeasured(load, items, async (values) => {
    const { rowCount } = await pool.query({ name: 'steady', text, values: [...values] });
    if (rowCount !== 1) throw new Error(`${rowCount} rows were written with ${values.join(', ')}`);
  });
  await pool.end();
  return took;
}

async function warmAndMeasured<T>(
  { perSecond, warmUp }: Load,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<number[]> {
  await atRate(items.slice(0, warmUp), perSecond, work);
  return atRate(items.slice(warmUp), perSecond, work);
}

/** Starts the work on all of these at the fixed rate; how many milliseconds each took from when it was due, the shortest first. */
async function atRate<T>(items: readonly T[], perSecond: number, work: (item: T) => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  const start = performance.now() + timersMs;
  await Promise.all(
    items.map(async (item, index) => {
      const dueMs = start + (index * 1000) / perSecond;
      await sleep(dueMs - performance.now());
      await work(item);
      took.push(performance.now() - dueMs);
    }),
  );
  return took.sort((a, b) => a - b);
}

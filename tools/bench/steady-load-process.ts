import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { messageOf } from '../embedded/project.mjs';
import { LeanClient } from './lean-client.js';
import { postEvents } from './post-events.js';
import type { Load, LoadAnswer } from './steady-load.js';

/** How long before the first all of them are set, in milliseconds: to set thousands of timers takes longer than the first ones have. */
const timersMs = 500;

let client: LeanClient | undefined;
let pool: Pool | undefined;

process.on('message', (load: Load) => {
  void run(load).then(
    (took) => answer({ took }),
    (error: unknown) => answer({ failed: messageOf(error) }),
  );
});
process.once('disconnect', () => {
  client?.close();
  void pool?.end();
});

function run(load: Load): Promise<number[]> {
  if (load.kind === 'reports') {
    const reporter = (client ??= new LeanClient(load.url, { authorization: `Bearer ${load.token}` }));
    return atRate(load.bodies, load.perSecond, (body) => postEvents(reporter, body));
  }
  const { text, connectionString } = load;
  const connections = (pool ??= new Pool({ connectionString }));
  return atRate(load.values, load.perSecond, async (values) => {
    const { rowCount } = await connections.query({ name: 'steady', text, values: [...values] });
    if (rowCount !== 1) throw new Error(`${rowCount} rows were written with ${values.join(', ')}`);
  });
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

function answer(message: LoadAnswer): void {
  process.send?.(message);
}

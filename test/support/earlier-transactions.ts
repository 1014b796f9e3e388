import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../libs/database/index.js';

/**
 * Waits until every transaction that runs now has ended, those of other databases of the server too: the chain of the journal
 * takes nothing that they could still come before.
 */
export async function waitForEarlierTransactions(database: Database): Promise<void> {
  const [now] = await database.query<{ xmax: string }>(`select pg_snapshot_xmax(pg_current_snapshot())::text as xmax`);
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const [row] = await database.query<{ over: boolean }>(
      `select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 as over`,
      [now!.xmax],
    );
    if (row!.over) return;
    await sleep(20);
  }
  throw new Error('a transaction that began before has not ended in 20 seconds');
}

import { sha256 } from '../kernel/sha256.js';
import { connections, sendTogether } from './connections.js';
import { rowsOf, type Transaction } from './database.js';

const names = new Map<string, string>();

/**
 * The rows of a statement that runs with every report of an event: the database reads and plans it once for each connection
 * instead of each time, which takes longer than to run it. Only for texts of which there are a few: each stays prepared.
 * Within a transaction it is sent at once: of two that are asked for together the database carries out the first one first.
 */
export async function preparedRows<Row>(
  tx: Transaction,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const connection = connections.get(tx);
  // Outside a transaction of ours, or after its end: TypeORM knows what to do.
  if (!connection) return rowsOf<Row>(tx, sql, parameters);
  sendTogether(connection);
  const { rows } = await connection.query({ name: nameOf(sql), text: sql, values: [...parameters] });
  return rows as Row[];
}

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = `prepared_${sha256(sql).slice(0, 32)}`));
  return name;
}

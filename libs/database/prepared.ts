import { QueryRunnerAlreadyReleasedError } from 'typeorm';
import { sha256 } from '../kernel/sha256.js';
import { rowsOf, type Transaction } from './database.js';

/** What is used of a connection of the driver, which TypeORM hands out and cannot prepare statements on. */
interface Connection {
  query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
}

const names = new Map<string, string>();

/**
 * The rows of a statement that runs with every report of an event: the database reads and plans it once for each connection
 * instead of each time, which takes longer than to run it. Only for texts of which there are a few: each stays prepared.
 */
export async function preparedRows<Row>(
  tx: Transaction,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const runner = tx.queryRunner;
  if (!runner) return rowsOf<Row>(tx, sql, parameters);
  if (runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
  const connection = (await runner.connect()) as Connection;
  const { rows } = await connection.query({ name: nameOf(sql), text: sql, values: [...parameters] });
  return rows as Row[];
}

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = `prepared_${sha256(sql).slice(0, 32)}`));
  return name;
}

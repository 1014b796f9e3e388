import {
  DataSource,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
  type EntityManager,
} from 'typeorm';
import { together } from '../kernel/together.js';
import { connections, sendTogether, type Connection } from './connections.js';

/** A running transaction, handed to everything that must commit or fall together. */
export type Transaction = EntityManager;

/** SQLSTATEs after which the same transaction may simply be tried again: serialization failure, deadlock. */
const transient = new Set(['40001', '40P01']);
const maxAttempts = 5;

/**
 * The database of the running role. Inside `inTransaction` no external call may be made, nor another connection be asked
 * for: where as many transactions ask as the pool has connections, each would wait for the others.
 */
export class Database {
  constructor(readonly dataSource: DataSource) {}

  /** Connects; `poolSize` bounds the connections of this process. */
  static async connect(url: string, poolSize = 20): Promise<Database> {
    const dataSource = new DataSource({
      type: 'postgres',
      url,
      poolSize,
      applicationName: 'pactline',
      entities: [],
      synchronize: false,
      extra: { pipeline: true, statement_timeout: 120_000, idle_in_transaction_session_timeout: 60_000 },
    });
    await dataSource.initialize();
    return new Database(dataSource);
  }

  /** Runs `work` in one transaction; a deadlock or serialization failure starts it over, at most four times. */
  async inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt === maxAttempts || !transient.has(sqlState(error) ?? '')) throw error;
      }
    }
  }

  /**
   * `begin` goes to the database together with the first statement. Work that goes on after a statement has failed is not
   * committed: the database would roll it back without an error.
   */
  private async attempt<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const tx = runner.manager;
    const connection = (await runner.connect()) as Connection;
    connections.set(tx, connection);
    try {
      sendTogether(connection);
      const [, result] = await together([connection.query('begin'), work(tx)]);
      const { command } = await connection.query('commit');
      if (command !== 'COMMIT') throw new Error('a statement of the transaction had failed: all of it was rolled back');
      return result;
    } catch (error) {
      await connection.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      connections.delete(tx);
      await runner.release();
    }
  }

  /** One statement outside any transaction of ours. */
  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.dataSource.query<Row[]>(sql, [...parameters]);
  }

  close(): Promise<void> {
    return this.dataSource.destroy();
  }
}

/** The SQLSTATE of a PostgreSQL error; undefined for every other error. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Whether the database has refused a row because what this unique constraint, or unique index, keeps single is taken. */
export function isTaken(error: unknown, constraint: string): boolean {
  return sqlState(error) === '23505' && (error as { constraint?: unknown }).constraint === constraint;
}

/**
 * Whether the connection went away under a statement, or between two of a transaction: `pg` tells of it by its messages
 * alone. What was sent may have been carried out.
 */
export function isLostConnection(error: unknown): boolean {
  return (
    error instanceof QueryRunnerAlreadyReleasedError ||
    error instanceof QueryRunnerProviderAlreadyReleasedError ||
    (error instanceof Error && lostConnection.test(error.message))
  );
}

const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** The rows of a `select` or of a statement with `returning`, typed; TypeORM answers some of these as `[rows, count]`. */
export async function rowsOf<Row>(tx: Transaction, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const answer: unknown = await tx.query(sql, [...parameters]);
  const isPair =
    Array.isArray(answer) && answer.length === 2 && Array.isArray(answer[0]) && typeof answer[1] === 'number';
  return (isPair ? answer[0] : answer) as Row[];
}

/** The only row of a statement, or undefined. */
export async function rowOf<Row>(
  tx: Transaction,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row | undefined> {
  return (await rowsOf<Row>(tx, sql, parameters))[0];
}

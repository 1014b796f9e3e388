import { AsyncLocalStorage } from 'node:async_hooks';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { Database, type Transaction } from '../../libs/database/index.js';
import { projectRoot } from './sources.js';

/**
 * Refuses, in every test that has the product in its process, work of the product that holds a connection of a pool and asks
 * for another one: as many of these at once as the pool has connections wait for each other, and everything behind them, until
 * the database cuts them off a minute later. No test would see it, unless by chance as many came at the same time.
 */
const pools = new AsyncLocalStorage<DataSource>();

/** What is used of the driver's pool of connections. */
interface Pool {
  connect: (...parameters: unknown[]) => unknown;
}

const testFolder = `${path.join(projectRoot, 'test')}${path.sep}`;

/** Set up once for each process, which runs many files of tests. */
const isSetUp = Symbol.for('pactline.one-connection');
const marked = Database as unknown as Record<symbol, boolean>;
if (!marked[isSetUp]) {
  marked[isSetUp] = true;
  watchPools();
  watchTransactions();
}

function watchPools(): void {
  const connect = Database.connect.bind(Database);
  Database.connect = async (...parameters) => {
    const database = await connect(...parameters);
    const { dataSource } = database;
    const pool = (dataSource.driver as unknown as { master: Pool }).master;
    const take = pool.connect.bind(pool);
    pool.connect = (...given) => {
      if (pools.getStore() !== dataSource) return take(...given);
      throw new Error(
        'inside a transaction another connection was asked for: what is called here must be given its `tx`',
      );
    };
    return database;
  };
}

function watchTransactions(): void {
  type Begin = <T>(this: Database, work: (tx: Transaction) => Promise<T>) => Promise<T>;
  const begin = Object.getOwnPropertyDescriptor(Database.prototype, 'inTransaction')!.value as Begin;
  Database.prototype.inTransaction = function watched<T>(this: Database, work: (tx: Transaction) => Promise<T>) {
    const [, , caller = ''] = new Error().stack?.split('\n') ?? [];
    // A test may hold a transaction open to see others wait for it.
    const isTest = caller.includes(testFolder);
    // Its own connection is asked for outside of what is watched.
    const watchedWork: typeof work = isTest ? work : (tx) => pools.run(this.dataSource, () => work(tx));
    return begin.call<Database, [typeof work], Promise<T>>(this, watchedWork);
  };
}

import { runInThisContext } from 'node:vm';
import { Database, type Transaction } from '../../libs/database/index.js';
import { createEmptyDatabase } from '../support/servers.js';

type Work = (tx: Transaction) => Promise<unknown>;

const refusal = 'inside a transaction another connection was asked for';
/** Code that is no test's. */
const transact = runInThisContext(`(database, work) => database.inTransaction(work)`, {
  filename: 'elsewhere.js',
}) as (database: Database, work: Work) => Promise<unknown>;

describe('work of the product that holds a connection and asks for another one of the same pool', () => {
  let database: Database;
  let other: Database;
  beforeAll(async () => {
    const { url } = await createEmptyDatabase();
    [database, other] = await Promise.all([Database.connect(url, 2), Database.connect(url, 2)]);
  });
  afterAll(() => Promise.all([database.close(), other.close()]));

  const ask = (pool: Database): Promise<unknown> => pool.query('select 1 as one');
  const ways: [string, () => Promise<unknown>][] = [
    ['for a statement', () => ask(database)],
    ['for a statement, by the manager outside of the transaction', () => database.dataSource.manager.query('select 1')],
    ['for a transaction', () => database.inTransaction((tx) => tx.query('select 1'))],
  ];

  it.each(ways)('is refused in every test: %s', async (_, nested) => {
    await expect(transact(database, nested)).rejects.toThrow(refusal);
    const later: Work = async (tx) => {
      await tx.query('select 1');
      await nested();
    };
    await expect(transact(database, later)).rejects.toThrow(refusal);
  });

  it('is none where it uses its own, comes after the end, or asks another pool', async () => {
    const work: Work = (tx) => tx.query('select 1 as one');
    expect(await transact(database, work)).toEqual([{ one: 1 }]);
    expect(await ask(database)).toEqual([{ one: 1 }]);
    expect(await transact(database, () => ask(other))).toEqual([{ one: 1 }]);
  });

  it.each(ways)('is allowed to a test, which sees others wait for it: %s', async (_, nested) => {
    await database.inTransaction(async (tx) => {
      await tx.query('select 1');
      await nested();
    });
  });
});

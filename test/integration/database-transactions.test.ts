import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  Database,
  isLostConnection,
  preparedRows,
  rowsOf,
  sqlState,
  type Transaction,
} from '../../libs/database/index.js';
import { together } from '../../libs/kernel/together.js';
import { createTestDatabase, type TestDatabase } from '../support/servers.js';

let home: TestDatabase;
let owner: Database;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  owner = await Database.connect(home.migrationUrl);
  await owner.query(`create table notes (id integer primary key, text text not null)`);
  // One connection: what a transaction leaves on it is met by the next.
  database = await Database.connect(home.migrationUrl, 1);
});
afterAll(async () => {
  await database.close();
  await owner.close();
  await home.drop();
});

const add = (tx: Transaction, id: number, text: string | null) =>
  preparedRows(tx, `insert into notes (id, text) values ($1, $2)`, [id, text]);
const notes = async () => (await owner.query<{ id: number }>(`select id from notes order by id`)).map(({ id }) => id);

test('what the work of a transaction writes is kept whole, or not at all', async () => {
  expect(await database.inTransaction(async (tx) => (await add(tx, 1, 'kept'), 'answer'))).toBe('answer');
  const broken = database.inTransaction(async (tx) => {
    await add(tx, 2, 'lost');
    throw new RangeError('no more');
  });
  await expect(broken).rejects.toThrow('no more');
  expect(await notes()).toEqual([1]);
});

test('work that goes on after a failed statement is not committed, and says so', async () => {
  const swallowed = database.inTransaction(async (tx) => {
    await add(tx, 3, 'lost');
    await add(tx, 4, null).catch(() => undefined);
  });
  await expect(swallowed).rejects.toThrow('rolled back');
  expect(await notes()).toEqual([1]);
});

test('statements that are sent together fall together, and their connection serves the next', async () => {
  const falling = database.inTransaction((tx) =>
    together([add(tx, 5, 'lost'), add(tx, 1, 'again'), add(tx, 6, 'lost')]),
  );
  expect(sqlState(await falling.catch((error: unknown) => error))).toBe('23505');
  await database.inTransaction((tx) => together([add(tx, 7, 'kept'), add(tx, 8, 'kept')]));
  expect(await notes()).toEqual([1, 7, 8]);
});

test('a value that cannot be sent fails alone: those sent with it are answered with what is theirs', async () => {
  const unsendable = {
    toPostgres: () => {
      throw new RangeError('no text of it');
    },
  };
  const outcomes = await database.inTransaction((tx) =>
    Promise.allSettled([
      preparedRows(tx, `select 1 as n`),
      preparedRows(tx, `select $1::text as n`, [unsendable]),
      preparedRows(tx, `select 3 as n`),
    ]),
  );
  expect(outcomes).toMatchObject([
    { status: 'fulfilled', value: [{ n: 1 }] },
    { status: 'rejected', reason: { message: 'no text of it' } },
    { status: 'fulfilled', value: [{ n: 3 }] },
  ]);
});

test('a serialization failure starts the work over, at most four times', async () => {
  let attempts = 0;
  const fail = (tx: Transaction) =>
    rowsOf(tx, `do $$ begin raise exception 'met another' using errcode = '40001'; end $$`);
  await database.inTransaction(async (tx) => {
    attempts += 1;
    await add(tx, 10 + attempts, 'once');
    if (attempts < 3) await fail(tx);
  });
  expect([attempts, await notes()]).toEqual([3, [1, 7, 8, 13]]);
  const always = database.inTransaction((tx) => ((attempts += 1), fail(tx)));
  await expect(always).rejects.toThrow('met another');
  expect(attempts).toBe(3 + 5);
});

test('what made statements in flight fail is what is told, and what is tried again', async () => {
  let attempts = 0;
  await database.inTransaction(async (tx) => {
    attempts += 1;
    const fails = attempts === 1;
    const met = `do $$ begin raise exception 'met another' using errcode = '40001'; end $$`;
    const after = async (): Promise<unknown> => (await Promise.resolve(), preparedRows(tx, `select 2 as n`));
    // The first of the list is sent last: it fails because the other did.
    await together([after(), preparedRows(tx, fails ? met : `select 1 as n`)]);
  });
  expect(attempts).toBe(2);
});

test('a transaction that has ended takes no more statements', async () => {
  let ended: Transaction | undefined;
  await database.inTransaction((tx) => Promise.resolve(void (ended = tx)));
  await expect(add(ended!, 20, 'late')).rejects.toThrow('released');
  expect(await notes()).not.toContain(20);
});

test('a connection that goes away takes its transaction with it; the next has another', async () => {
  const cut = database.inTransaction(async (tx) => {
    await add(tx, 30, 'lost');
    const [{ pid } = { pid: 0 }] = await preparedRows<{ pid: number }>(tx, `select pg_backend_pid() as pid`);
    const sent = together([preparedRows(tx, `select pg_sleep(30)`), add(tx, 31, 'lost')]);
    await owner.query(`select pg_terminate_backend($1)`, [pid]);
    await sent;
  });
  const error: unknown = await cut.catch((reason: unknown) => reason);
  expect(sqlState(error) === '57P01' || isLostConnection(error)).toBe(true);
  await database.inTransaction((tx) => add(tx, 32, 'kept'));
  expect(await notes()).toEqual([1, 7, 8, 13, 32]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerTo } from '../../apps/api/edge/problem.js';
import { rowOf } from '../../libs/database/index.js';
import { RailOutcomeUnknown, RailThrottled, RailUnavailable } from '../../libs/payouts/domain/index.js';
import { startMoneyServices, type MoneyServices } from '../support/money.js';

let money: MoneyServices;
beforeAll(async () => {
  money = await startMoneyServices();
});
afterAll(() => money.close());

/** The answer to a request that failed so. */
async function answered(work: Promise<unknown>): Promise<{ status: number; code: string; isDefect: boolean }> {
  try {
    await work;
  } catch (error) {
    const { problem, isDefect } = answerTo(error, 'req_1');
    return { status: problem.status, code: problem.code, isDefect };
  }
  throw new Error('it did not fail');
}

const awayForNow = { status: 503, code: 'unavailable', isDefect: false };

test.each([
  ['while a statement runs', 0, `select pg_sleep(5)`],
  ['between two statements of a transaction', 300, `select 1`],
])('a connection that is lost %s is an outage, no defect', async (_, pauseMs, sql) => {
  const work = money.database.inTransaction(async (tx) => {
    const own = await rowOf<{ pid: number }>(tx, `select pg_backend_pid() as pid`);
    const lost = sleep(100).then(() => money.database.query(`select pg_terminate_backend($1)`, [own?.pid]));
    if (pauseMs > 0) await lost.then(() => sleep(pauseMs));
    await Promise.all([lost, tx.query(sql)]);
  });
  expect(await answered(work)).toEqual(awayForNow);
  expect(await money.database.query(`select 1 as one`)).toEqual([{ one: 1 }]);
});

test.each([
  new RailUnavailable('no_answer', 'listing transfers: the rail did not answer'),
  new RailThrottled(1_000, 'the rail takes no more requests now'),
  new RailOutcomeUnknown('no_answer', 'the rail did not say whether it was done'),
])('what a rail cannot be asked now is an outage, no defect: %s', async (failure) => {
  expect(await answered(Promise.reject(failure))).toEqual(awayForNow);
});

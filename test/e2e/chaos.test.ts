import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '../../libs/database/index.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { newId } from '../../libs/kernel/ids.js';
import { taskQueues } from '../../libs/orchestration/index.js';
import { connectTemporalClient } from '../../libs/temporal/index.js';
import { ChaosRun } from '../../tools/chaos/chaos-run.js';
import { lineOf, type Difference } from '../../tools/chaos/difference.js';

const seed = 20_260_701;
const options = { seed, stormMs: 25_000, partners: 2, restMs: 180_000, keep: false };

let run: ChaosRun;
let owner: Database;

beforeAll(async () => {
  run = await ChaosRun.open(options, new AbortController());
}, 180_000);

afterAll(async () => {
  await owner?.close();
  await run?.close(false);
}, 60_000);

/** What a check finds, by code, of what was not there before. */
async function found(before: readonly Difference[]): Promise<Map<string, Difference[]>> {
  const known = new Set(before.map(lineOf));
  const byCode = new Map<string, Difference[]>();
  for (const difference of (await run.check()).differences) {
    if (known.has(lineOf(difference))) continue;
    byCode.set(difference.code, [...(byCode.get(difference.code) ?? []), difference]);
  }
  return byCode;
}

test('processes, servers and the rail break while money moves: at rest each cent is where it belongs', async () => {
  await run.rage();
  const left = await run.rest();
  const { differences, money, clients, books } = await run.check();
  expect([...left, ...differences].map(lineOf)).toEqual([]);
  expect([...run.witness.defects]).toEqual([]);
  // Something was broken, and something was paid and compared meanwhile.
  expect(run.storm.kills).toBeGreaterThan(0);
  expect(money.items['settled']).toBeGreaterThan(0);
  expect(Object.values(money.outflowMinor).every((minor) => minor > 0n)).toBe(true);
  expect([money.compared, clients.events, clients.acts, books.transactions].every((count) => count > 0)).toBe(true);
}, 400_000);

describe('the check at rest names', () => {
  beforeAll(async () => {
    owner = await Database.connect(run.product.env.DATABASE_MIGRATION_URL ?? '', 2);
  });

  const newest = async (state: string) => {
    const [item] = await owner.query<{ id: string; batch_id: string; partner_id: string; account_reference: string }>(
      `select * from payout_items where state = $1 order by id desc limit 1`,
      [state],
    );
    return item!;
  };

  test('a transfer at the rail that no item knows', async () => {
    const before = (await run.check()).differences;
    const { partner_id: partner, account_reference: destination } = await newest('settled');
    const form = { amount: '777', currency: 'usd', destination, 'metadata[pactline_item]': newId('itm') };
    const { id } = await run.rail.transfer(form, 'planted');
    const names = await found(before);
    expect(names.get('transfer_without_item')?.map(({ subject }) => subject)).toEqual([id]);
    expect(names.get('sums_differ')?.map(({ subject }) => subject)).toEqual([partner]);
  });

  test('an item that is marked as paid without a transfer', async () => {
    const before = (await run.check()).differences;
    const { id, batch_id: batchId, partner_id: partner } = await newest('settled');
    const [plantedBatch, planted] = [newId('bat'), newId('itm')];
    await owner.query(
      `insert into payout_batches select (jsonb_populate_record(batch,
         jsonb_build_object('id', $2::text, 'cut_off', batch.cut_off + interval '1 millisecond'))).*
       from payout_batches batch where id = $1`,
      [batchId, plantedBatch],
    );
    await owner.query(
      `insert into payout_items select (jsonb_populate_record(item,
         jsonb_build_object('id', $2::text, 'batch_id', $3::text, 'rail_reference', null))).*
       from payout_items item where id = $1`,
      [id, planted, plantedBatch],
    );
    const names = await found(before);
    expect(names.get('paid_without_transfer')?.map(({ subject }) => subject)).toEqual([planted]);
    expect(names.get('told_otherwise')?.map(({ subject }) => subject)).toEqual([planted]);
    expect(names.get('sums_differ')?.map(({ subject }) => subject)).toContain(partner);
    expect(names.get('books_6_outflow_differs_from_item')?.map(({ subject }) => subject)).toEqual([planted]);
  });

  test('an act that was done twice, and an event that nobody sent', async () => {
    const before = (await run.check()).differences;
    const [fact] = await owner.query<{ subject_id: string }>(
      `insert into audit_facts select (jsonb_populate_record(fact, jsonb_build_object('id', $1::text))).*
       from audit_facts fact where action = 'payout_batch.submit' order by id limit 1 returning subject_id`,
      [newId('aud')],
    );
    await owner.query(
      `insert into events select (jsonb_populate_record(event, jsonb_build_object('id', 'planted-sale'))).*
       from events event where type = 'sale' limit 1`,
    );
    const names = await found(before);
    expect(names.get('act_differs')?.map(({ subject }) => subject)).toEqual([fact?.subject_id]);
    expect(names.get('event_unasked')?.map(({ subject }) => subject)).toEqual(['planted-sale']);
  });

  test('a workflow whose code fails', async () => {
    const { env } = run.product;
    const client = await connectTemporalClient({
      address: env.TEMPORAL_ADDRESS ?? '',
      namespace: env.TEMPORAL_NAMESPACE ?? '',
      keyring: Keyring.parse(env.ENCRYPTION_KEYS ?? ''),
    });
    try {
      await client.workflow.start('unknownToAll', { taskQueue: taskQueues.money, workflowId: 'planted', args: [] });
      const end = Date.now() + 60_000;
      let stuck: Difference[] = [];
      while (stuck.length === 0 && Date.now() < end) {
        await pause(1_000);
        stuck = (await run.check()).differences.filter(({ code }) => code === 'workflow_stuck');
      }
      expect(stuck.map(({ subject }) => subject)).toEqual(['planted']);
    } finally {
      await client.connection.close();
    }
  }, 90_000);
});

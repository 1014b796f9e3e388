import { rmSync } from 'node:fs';
import type { WorkflowHandle } from '@temporalio/client';
import { approveBatch, submitBatch } from '../../libs/orchestration/index.js';
import { historiesOfRuns } from '../../tools/histories/runs-of.js';
import { bundleChanged } from '../support/changed-workflows.js';
import type { ProgramFixture } from '../support/payout-house.js';
import { PayoutWorkers } from '../support/payout-workers.js';
import { until } from '../support/until.js';

/** The workflow as it is, but for the length of a run: what takes a hundred thousand items else happens with few. */
const shortRuns = {
  file: 'payout-batch/payout-batch.workflow.ts',
  from: 'const fullHistory = 3_000;',
  to: 'const fullHistory = 36;',
};
const partners = 16;

let workers: PayoutWorkers;
let program: ProgramFixture;
let folder: string;

beforeAll(async () => {
  const changed = await bundleChanged([shortRuns]);
  ({ folder } = changed);
  workers = await PayoutWorkers.open({ bundlePath: changed.bundlePath });
});

beforeEach(async () => {
  program = await workers.house.program();
  await workers.house.sandbox.control.clearFaults();
});

afterAll(async () => {
  await workers.close();
  rmSync(folder, { recursive: true });
});

/** One run of a batch's workflow: what it did, and whether another one went on. */
interface Run {
  /** The slices that it paid and advised, in the order in which it asked for them. */
  paid: number[];
  advised: number[];
  signals: number;
  wentOn: boolean;
}

/** A batch that is frozen, each of its items in a slice of its own. */
async function frozen(): Promise<{ batchId: string; batch: WorkflowHandle; contentHash: string }> {
  for (let partner = 0; partner < partners; partner += 1) {
    await program.vested(await program.partner(), 2_000n, '2026-03-01T00:00:00Z');
  }
  const { batchId = '' } = await program.draft('2026-04-01T00:00:00Z');
  const batch = await workers.batch(batchId);
  const { contentHash = '' } = await batch.executeUpdate(submitBatch, { args: [{ batchId, actorId: 'usr_maker' }] });
  await workers.house.database.query(
    `update payout_items item set slice = place.number
     from (select id, row_number() over (order by id) as number from payout_items where batch_id = $1) place
     where place.id = item.id`,
    [batchId],
  );
  return { batchId, batch, contentHash };
}

async function approve({ batch, ...input }: { batchId: string; batch: WorkflowHandle; contentHash: string }) {
  await batch.executeUpdate(approveBatch, { args: [{ ...input, actorId: 'usr_checker' }] });
}

/** All runs of a batch's workflow, the first one first. */
async function runsOf(workflowId: string): Promise<Run[]> {
  const { client } = workers;
  const runs: Run[] = [];
  for (const { events } of await historiesOfRuns(client, workflowId)) {
    const run: Run = { paid: [], advised: [], signals: 0, wentOn: false };
    for (const event of events ?? []) {
      const asked = event.activityTaskScheduledEventAttributes;
      const payload = asked?.input?.payloads;
      const name = asked?.activityType?.name;
      if (name === 'paySlice' || name === 'issueRemittanceAdvices') {
        const converter = client.options.loadedDataConverter;
        const [input] = await converter.payloadCodecs[0]!.decode(payload ?? []);
        const { slice } = converter.payloadConverter.fromPayload<{ slice: number }>(input!);
        (name === 'paySlice' ? run.paid : run.advised).push(slice);
      }
      if (event.workflowExecutionSignaledEventAttributes?.signalName === 'itemsReady') run.signals += 1;
      if (event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId) run.wentOn = true;
    }
    runs.push(run);
  }
  return runs;
}

const all = Array.from({ length: partners }, (_, index) => index + 1);

it('goes on in another run where one is full: every slice is paid and told of once', async () => {
  const { batchId, batch, contentHash } = await frozen();
  const before = (await workers.house.sandbox.control.totals()).transfers;
  await approve({ batchId, batch, contentHash });
  expect(await batch.result()).toMatchObject({ state: 'completed', openItems: 0 });

  const runs = await runsOf(batch.workflowId);
  expect(runs.filter(({ paid, wentOn }) => wentOn && paid.length > 0).length).toBeGreaterThan(1);
  expect(runs.filter(({ advised, wentOn }) => wentOn && advised.length > 0).length).toBeGreaterThan(0);
  expect(runs.flatMap(({ paid }) => paid)).toEqual(all);
  expect(runs.flatMap(({ advised }) => advised)).toEqual(all);
  expect((await workers.house.sandbox.control.totals()).transfers - before).toBe(partners);
  expect(await workers.house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 32_000n });
  const { items } = await workers.house.payouts.listItems(batchId, { limit: 200 });
  expect(items.filter(({ remittanceSha256 }) => remittanceSha256 === undefined)).toEqual([]);
});

it('takes what people asked for meanwhile along to the next run', async () => {
  const { house } = workers;
  const { batchId, batch, contentHash } = await frozen();
  const [refused] = (await house.payouts.listItems(batchId, { limit: 1 })).items;
  await house.database.query(
    `update payout_items set slice = case when id = $2 then 1 else slice + 1 end where batch_id = $1`,
    [...[batchId, refused!.id]],
  );
  const path = '/v1/transfers';
  await house.sandbox.control.strike(
    { kind: 'refuse', match: { path, itemId: refused!.id } },
    { kind: 'latency', times: partners, delayMs: 1_000, match: { path } },
  );
  await approve({ batchId, batch, contentHash });
  await until('the refusal', async () => (await house.payouts.item(refused!.id)).state === 'failed');
  const actor = { actorId: 'usr_checker' };
  await house.payouts.retryItem({ itemId: refused!.id, reason: 'the account is right now', actor });
  expect(await batch.result()).toMatchObject({ state: 'completed' });

  const runs = await runsOf(batch.workflowId);
  // The run that heard of it was full before it could do anything about it.
  expect(runs.find(({ signals }) => signals > 0)).toMatchObject({ wentOn: true });
  expect(await house.payouts.item(refused!.id)).toMatchObject({ state: 'settled', attempt: 2 });
  expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 32_000n });
});

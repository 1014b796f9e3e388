import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import {
  approveBatch,
  cancelBatch,
  editBatch,
  payoutBatch,
  payoutCollection,
  recallBatch,
  rejectBatch,
  releaseBatch,
  searchAttributes,
  submitBatch,
  type BatchStatus,
  type CollectionResult,
  type PayoutBatchInput,
} from '../../libs/orchestration/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import { historiesOfRuns } from '../../tools/histories/runs-of.js';
import type { ProgramFixture } from '../support/payout-house.js';
import { PayoutWorkers } from '../support/payout-workers.js';
import { deleteSchedules } from '../support/schedules.js';
import { until } from '../support/until.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';

let workers: PayoutWorkers;
let program: ProgramFixture;

beforeAll(async () => {
  workers = await PayoutWorkers.open();
});

beforeEach(async () => {
  program = await workers.house.program();
  workers.hearsWebhooks = true;
  await workers.house.sandbox.control.clearFaults();
});

afterAll(() => workers.close());

/** The type of the failure with which an update is refused. */
async function refusal(update: Promise<unknown>): Promise<string> {
  try {
    await update;
    return 'was not refused';
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    let cause: unknown = error.cause;
    while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
    return cause instanceof ApplicationFailure ? String(cause.type) : 'another failure';
  }
}

/** A drafted batch with `count` partners, each of whom has USD 20 to come, and its workflow. */
async function drafted(count: number): Promise<{ batchId: string; batch: WorkflowHandle; partners: string[] }> {
  const partners = await Promise.all(Array.from({ length: count }, () => program.partner()));
  for (const partner of partners) await program.vested(partner, 2_000n, '2026-03-01T00:00:00Z');
  const { batchId = '' } = await program.draft(march);
  return { batchId, batch: await workers.batch(batchId), partners };
}

function submit(batch: WorkflowHandle, batchId: string): Promise<BatchStatus> {
  return batch.executeUpdate(submitBatch, { args: [{ batchId, actorId: 'usr_maker' }] });
}

function approve(batch: WorkflowHandle, { batchId, contentHash = '' }: BatchStatus, actorId = 'usr_checker') {
  return batch.executeUpdate(approveBatch, { args: [{ batchId, contentHash, actorId }] });
}

it('takes a batch from its draft to paid items and remittance advices', async () => {
  const { batchId, batch } = await drafted(3);
  expect(await refusal(approve(batch, { batchId, state: 'draft', openItems: 0, slices: 0 }))).toBe(
    'illegal-transition',
  );
  const frozen = await submit(batch, batchId);
  expect(frozen).toMatchObject({ state: 'frozen', openItems: 3 });
  expect((await batch.describe()).typedSearchAttributes.get(searchAttributes.awaitingRole)).toEqual([
    'finance_approver',
  ]);
  expect(await refusal(approve(batch, { ...frozen, contentHash: 'f'.repeat(64) }))).toBe('hash-mismatch');
  expect(await refusal(approve(batch, frozen, 'usr_maker'))).toBe('maker-is-checker');
  expect(await approve(batch, frozen)).toMatchObject({ state: 'released' });

  expect(await batch.result()).toMatchObject({ batchId, state: 'completed', openItems: 0 });
  expect(await workers.house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 6_000n });
  const { items } = await workers.house.payouts.listItems(batchId);
  expect(items.every(({ remittanceSha256 }) => remittanceSha256 !== undefined)).toBe(true);
  const { typedSearchAttributes } = await batch.describe();
  expect(typedSearchAttributes.get(searchAttributes.batchStatus)).toBe('completed');
  expect(typedSearchAttributes.get(searchAttributes.awaitingRole) ?? []).toEqual([]);
  expect(await program.isSound()).toBe(true);
});

it('lets one of two approvals at once win', async () => {
  const { batchId, batch } = await drafted(1);
  const frozen = await submit(batch, batchId);
  const codes = await Promise.all(['usr_one', 'usr_two'].map((actorId) => refusal(approve(batch, frozen, actorId))));
  expect(codes.sort()).toEqual(['illegal-transition', 'was not refused']);
  expect(await batch.result()).toMatchObject({ state: 'completed' });
});

it('ends with a rejection or a cancellation, and what was reserved is collected again', async () => {
  const first = await drafted(1);
  await submit(first.batch, first.batchId);
  const rejection = { batchId: first.batchId, actorId: 'usr_checker', reason: 'wrong month' };
  await first.batch.executeUpdate(rejectBatch, { args: [rejection] });
  expect(await first.batch.result()).toMatchObject({ state: 'rejected' });

  const { batchId = '', totalMinor } = await program.draft(april);
  expect(totalMinor).toBe('2000');
  const second = await workers.batch(batchId);
  await second.executeUpdate(cancelBatch, { args: [{ batchId, actorId: 'usr_maker', reason: 'too early' }] });
  expect(await second.result()).toMatchObject({ state: 'cancelled' });
  expect(await program.isSound()).toBe(true);
});

it('settles by the poll where no webhook comes and answers are lost', async () => {
  workers.hearsWebhooks = false;
  const { batchId, batch } = await drafted(4);
  const path = '/v1/transfers';
  await workers.house.sandbox.control.strike(
    { kind: 'timeout_after', times: 2, match: { path } },
    { kind: 'error_500_before', times: 1, match: { path } },
  );
  await approve(batch, await submit(batch, batchId));
  expect(await batch.result()).toMatchObject({ state: 'completed' });
  expect(await workers.house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 8_000n });
});

it('says that a batch is partial where the rail refused an item', async () => {
  const [partner] = await Promise.all([program.partner(), program.partner()]);
  await workers.house.database.query(`update payout_accounts set account_reference = $1 where partner_id = $1`, [
    partner,
  ]);
  await program.vested(partner, 2_000n, '2026-03-01T00:00:00Z');
  const { batchId = '' } = await program.draft(march);
  const batch = await workers.batch(batchId);
  await approve(batch, await submit(batch, batchId));
  expect(await batch.result()).toMatchObject({ state: 'partial' });
  expect(await program.balance('held', partner)).toBe(2_000n);
});

it('tries a failed item again after the end, and completes then', async () => {
  const { batchId, batch, partners } = await drafted(2);
  const path = '/v1/transfers';
  await workers.house.database.query(`update payout_items set account_reference = 'acct_gone' where partner_id = $1`, [
    partners[0],
  ]);
  await approve(batch, await submit(batch, batchId));
  expect(await batch.result()).toMatchObject({ state: 'partial' });
  const { items } = await workers.house.payouts.listItems(batchId, { states: ['failed'] });
  const failed = items[0]!;
  await workers.house.sandbox.control.strike({ kind: 'timeout_after', times: 1, match: { path } });
  await workers.house.payouts.retryItem({
    itemId: failed.id,
    reason: 'the account is right now',
    actor: { actorId: 'usr_checker' },
  });
  await until(
    'the batch to be complete',
    async () => (await workers.house.payouts.status(batchId)).state === 'completed',
  );
  expect(await workers.house.payouts.item(failed.id)).toMatchObject({ state: 'settled', attempt: 2 });
  expect(await workers.house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 4_000n });
});

it('waits for two approvals, loses one with an edit, and is released by hand', async () => {
  const role = 'finance_approver' as const;
  program = await workers.house.program(1_000, {
    release: 'manual',
    approvals: { role, required: 2, rules: [] },
  });
  const { batchId, batch } = await drafted(2);
  const frozen = await submit(batch, batchId);
  expect(await approve(batch, frozen, 'usr_one')).toMatchObject({ state: 'in_approval' });
  const [item] = (await workers.house.payouts.listItems(batchId)).items;
  const change = { batchId, remove: [item!.id], putBack: [], reason: 'a question', actorId: 'usr_editor' };
  const edited = await batch.executeUpdate(editBatch, { args: [change] });
  expect(await refusal(approve(batch, frozen, 'usr_two'))).toBe('hash-mismatch');
  for (const actorId of ['usr_one', 'usr_two']) await approve(batch, edited, actorId);
  const release = { batchId, contentHash: edited.contentHash!, actorId: 'usr_finance' };
  expect(await batch.executeUpdate(releaseBatch, { args: [release] })).toMatchObject({ state: 'released' });
  const recall = { batchId, actorId: 'usr_maker', reason: 'too late' };
  expect(await refusal(batch.executeUpdate(recallBatch, { args: [recall] }))).toBe('illegal-transition');
  expect(await batch.result()).toMatchObject({ state: 'completed' });
});

it('sends nothing while it is paused, and goes on when it is resumed', async () => {
  const { house } = workers;
  program = await house.program(1_000, { release: 'manual' });
  const { batchId, batch } = await drafted(2);
  const { contentHash = '' } = await approve(batch, await submit(batch, batchId));
  const before = (await house.sandbox.control.totals()).transfers;
  // Paused before the first slice can look, as by a person who is quick.
  await house.database.query(`update payout_batches set paused_at = now() where id = $1`, [batchId]);
  await batch.executeUpdate(releaseBatch, { args: [{ batchId, contentHash, actorId: 'usr_finance' }] });
  await until('the batch to be released', async () => (await house.payouts.status(batchId)).state === 'processing');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await house.payouts.status(batchId)).toMatchObject({ isPaused: true, openItems: 2 });
  expect((await house.sandbox.control.totals()).transfers).toBe(before);
  await house.payouts.resume({ batchId, reason: 'it was nothing', actorId: 'usr_finance' });
  expect(await batch.result()).toMatchObject({ state: 'completed' });
  expect((await house.sandbox.control.totals()).transfers - before).toBe(2);
});

it('goes on with another worker when one stops in the middle of a slice', async () => {
  const { batchId, batch } = await drafted(30);
  const before = (await workers.house.sandbox.control.totals()).transfers;
  const latency = { kind: 'latency', times: 30, delayMs: 150, match: { path: '/v1/transfers' } } as const;
  await workers.house.sandbox.control.strike(latency);
  const frozen = await submit(batch, batchId);
  await approve(batch, frozen);
  await until('the first transfer', async () => (await workers.house.sandbox.control.totals()).transfers > before);
  await Promise.all([workers.restart(), batch.result()]);
  expect(await workers.house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 60_000n });
  expect((await workers.house.sandbox.control.totals()).transfers - before).toBe(30);
});

it('goes on as another run between slices, and pays and advises each slice once', async () => {
  const slices = 14;
  const { batchId, batch } = await drafted(slices);
  await batch.terminate('another one, with short runs, takes its place');
  const { contentHash = '' } = await workers.house.payouts.submit({ batchId, actorId: 'usr_maker' });
  await workers.house.database.query(
    `update payout_items item set slice = place.slice
     from (select id, row_number() over (order by id) as slice from payout_items where batch_id = $1) place
     where item.id = place.id`,
    [batchId],
  );
  await workers.house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
  const runs = await startedAnew(batchId, { eventsPerRun: 20 });

  expect(runs.length).toBeGreaterThanOrEqual(3);
  const everySlice = Array.from({ length: slices }, (_, index) => index + 1);
  for (const activity of ['paySlice', 'issueRemittanceAdvices']) {
    const done = runs.flatMap(({ scheduled }) => scheduled.filter(({ type }) => type === activity));
    expect(done.map(({ slice }) => slice).sort((a, b) => a - b)).toEqual(everySlice);
  }
  // What was begun before a run was full still ends in it: eight slices of at most six events each.
  for (const { events } of runs) expect(events).toBeLessThan(20 + 8 * 6 + 30);
  expect(await workers.house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, railMinor: 2_000n * 14n });
  const { items } = await workers.house.payouts.listItems(batchId);
  expect(items.filter(({ remittanceSha256 }) => remittanceSha256 !== undefined)).toHaveLength(slices);
});

/** Runs a batch's workflow to its end; what each run in the chain did. */
async function startedAnew(batchId: string, settings: Pick<PayoutBatchInput, 'eventsPerRun'>) {
  const { client, house } = workers;
  const workflowId = payoutBatch.workflowId(batchId);
  const handle = await client.workflow.start(payoutBatch.type, {
    workflowId,
    taskQueue: `${house.env.TASK_QUEUE_PREFIX}${payoutBatch.taskQueue}`,
    args: [{ programId: program.id, batchId, ...settings }],
  });
  expect(await handle.result()).toMatchObject({ state: 'completed', openItems: 0 });
  const converter = client.workflow.options.loadedDataConverter;
  const runs: { events: number; scheduled: { type: string; slice: number }[] }[] = [];
  for (const { events } of await historiesOfRuns(client, workflowId)) {
    const scheduled: { type: string; slice: number }[] = [];
    for (const { activityTaskScheduledEventAttributes: activity } of events ?? []) {
      if (!activity) continue;
      const [input] = await decodeArrayFromPayloads(converter, activity.input?.payloads);
      scheduled.push({ type: activity.activityType?.name ?? '', slice: (input as { slice?: number }).slice ?? 0 });
    }
    runs.push({ events: events?.length ?? 0, scheduled });
  }
  return runs;
}

it('collects on a Schedule up to the scheduled time, however late it runs', async () => {
  const partner = await program.partner();
  await program.vested(partner, 2_000n, '2026-03-31T00:00:00Z');
  await program.vested(partner, 7_000n, '2026-04-02T00:00:00Z');
  const programs = workers.house.module.get(ProgramsService);
  const { document } = await programs.get(program.id);
  await programs.revise(program.id, { ...document, timeZone: 'Europe/Vienna' }, { actorId: 'usr_test' });
  const schedule = workers.client.schedule.getHandle(payoutCollection.scheduleId(program.id));
  const zone = () =>
    schedule.describe().then(
      ({ spec }) => spec.timezone,
      () => undefined,
    );
  await until('the worker to follow the program', async () => (await zone()) === 'Europe/Vienna');

  // 04:00 on the first of the month, in summer time.
  await schedule.backfill({ start: new Date('2026-03-31T12:00:00Z'), end: new Date('2026-04-01T12:00:00Z') });
  const batches = () => workers.house.payouts.listBatches(program.id);
  await until('a collected batch', async () => (await batches()).items.length > 0);
  expect((await batches()).items).toMatchObject([{ cutOff: new Date('2026-04-01T02:00:00Z'), totalMinor: 2_000n }]);
  await deleteSchedules(workers.client, program.id);
});

it('collects once for one cut-off, and refuses to run without one', async () => {
  const partner = await program.partner();
  await program.vested(partner, 2_000n, '2026-03-31T00:00:00Z');
  const start = (input: { programId: string; cutOffMs?: number }, number: number) =>
    workers.client.workflow.execute<(input: { programId: string; cutOffMs?: number }) => Promise<CollectionResult>>(
      payoutCollection.type,
      {
        workflowId: `${payoutCollection.workflowId(program.id, input.cutOffMs)}/${number}`,
        taskQueue: `${workers.house.env.TASK_QUEUE_PREFIX}${payoutCollection.taskQueue}`,
        args: [input],
      },
    );
  const input = { programId: program.id, cutOffMs: Date.parse(march) };
  const results = await Promise.all([start(input, 1), start(input, 2)]);
  expect(results[0]).toMatchObject({ items: 1, totalMinor: '2000' });
  expect(results[1]).toEqual(results[0]);
  await expect(start({ programId: program.id }, 3)).rejects.toMatchObject({ cause: { type: 'malformed-request' } });
});

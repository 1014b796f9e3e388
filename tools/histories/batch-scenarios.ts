import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import { payoutBatch, type PayoutBatchInput } from '../../libs/orchestration/index.js';
import { distantSchedule, standardProgram, waitFor, type CollectionResult } from '../client/index.js';
import type { Director } from './director.js';
import type { BeginAnew, Keep, Scenario } from './scenario.js';

const patienceMs = 60_000;

/** A batch that was drafted. */
export interface Collected {
  programId: string;
  batchId: string;
  cutOff: Date;
}

/** The account at the rail opens a moment after the contract is in force: until then amounts are carried. */
export async function collect(director: Director, changes: Partial<ProgramDocument> = {}): Promise<Collected> {
  const { programId } = await director.earn(changes);
  let cutOff = new Date();
  const collected = async (): Promise<CollectionResult | undefined> => {
    cutOff = new Date(Date.now() - 1);
    const result = await director.api.collect(programId, cutOff, director.name('collection'));
    return result.items > 0 ? result : undefined;
  };
  const { batchId } = await waitFor(collected, { what: 'something to pay', patienceMs });
  if (!batchId) throw new Error('The collection made no batch.');
  return { programId, batchId, cutOff };
}

async function reject(director: Director, keep: Keep): Promise<void> {
  const { batchId } = await collect(director);
  await director.api.submitBatch(batchId, director.name('submission'));
  const reason = { reason: 'The invoice is missing' };
  await director.act(`/v1/payout-batches/${batchId}/rejection`, reason, { role: 'finance_approver' });
  await keep('payout-batch/rejected', payoutBatch.workflowId(batchId));
}

async function cancel(director: Director, keep: Keep): Promise<void> {
  const { batchId } = await collect(director);
  await director.act(`/v1/payout-batches/${batchId}/cancellation`, { reason: 'Too early' }, { role: 'finance' });
  await keep('payout-batch/cancelled', payoutBatch.workflowId(batchId));
}

/** What a program asks for before money leaves: so many approvals, and finance's word after them or not. */
function payoutBy(required: 1 | 2, release: 'automatic' | 'manual'): Partial<ProgramDocument> {
  const approvals = { role: 'finance_approver' as const, required, rules: [] };
  const { payout } = standardProgram();
  return { payout: { ...payout, schedule: distantSchedule(new Date()), approvals, release } };
}

/** Freezes a batch, and approves it as these people do, in turn. */
async function approve(director: Director, batchId: string, ...as: ('finance_approver' | 'second_approver')[]) {
  const { contentHash } = await director.api.batch(batchId);
  for (const role of as) await director.act(`/v1/payout-batches/${batchId}/approvals`, { contentHash }, { role });
  return contentHash;
}

async function untilBatch(director: Director, batchId: string, wanted: string): Promise<void> {
  const isThere = async () => ((await director.api.batch(batchId)).state === wanted ? true : undefined);
  await waitFor(isThere, { what: `the batch to be ${wanted}`, patienceMs });
}

async function approveByTwo(director: Director, keep: Keep): Promise<void> {
  const { batchId } = await collect(director, payoutBy(2, 'manual'));
  await director.api.submitBatch(batchId, director.name('submission'));
  const contentHash = await approve(director, batchId, 'finance_approver', 'second_approver');
  await director.act(`/v1/payout-batches/${batchId}/release`, { contentHash }, { role: 'finance' });
  await keep('payout-batch/released-by-hand', payoutBatch.workflowId(batchId));
}

async function recall(director: Director, keep: Keep): Promise<void> {
  const { batchId } = await collect(director, payoutBy(1, 'manual'));
  await director.api.submitBatch(batchId, director.name('submission'));
  await approve(director, batchId, 'finance_approver');
  await director.act(`/v1/payout-batches/${batchId}/recall`, { reason: 'A partner asked' }, { role: 'finance' });
  await keep('payout-batch/recalled', payoutBatch.workflowId(batchId));
}

async function edit(director: Director, keep: Keep): Promise<void> {
  const { batchId } = await collect(director, payoutBy(2, 'automatic'));
  await director.api.submitBatch(batchId, director.name('submission'));
  await approve(director, batchId, 'finance_approver');
  // The items are only looked at once more: that voids what was said before as any other edit.
  await director.act(`/v1/payout-batches/${batchId}/edits`, { reason: 'Look again' }, { role: 'finance' });
  await approve(director, batchId, 'finance_approver', 'second_approver');
  await keep('payout-batch/edited', payoutBatch.workflowId(batchId));
}

async function retry(director: Director, keep: Keep): Promise<void> {
  const { batchId } = await collect(director);
  await director.api.submitBatch(batchId, director.name('submission'));
  await director.strikeTransfer('refuse');
  await approve(director, batchId, 'finance_approver');
  await untilBatch(director, batchId, 'partial');
  await keep('payout-batch/partial', payoutBatch.workflowId(batchId));
  for await (const { id, state } of director.api.batchItems(batchId)) {
    if (state !== 'failed') throw new Error('The rail refused no item.');
    await director.act(
      `/v1/payout-items/${id}/retry`,
      { reason: 'The account is right now' },
      { role: 'finance_approver' },
    );
  }
  // The outbox starts the second run a moment later.
  await untilBatch(director, batchId, 'completed');
  await keep('payout-batch/retried', payoutBatch.workflowId(batchId, 2));
}

async function pause(director: Director, keep: Keep): Promise<void> {
  const { batchId } = await collect(director);
  await director.api.submitBatch(batchId, director.name('submission'));
  // Whether the item was taken before the pause or not: nothing of it is at the rail when the batch is resumed.
  await director.strikeTransfer('error_500_before');
  await approve(director, batchId, 'finance_approver');
  await director.act(`/v1/payout-batches/${batchId}/pause`, { reason: 'A doubt' }, { role: 'finance' });
  // Long enough for the workflow to ask the rail for what it sent, and to wait again.
  await director.pause(4_000);
  await director.act(`/v1/payout-batches/${batchId}/resumption`, { reason: 'It was nothing' }, { role: 'finance' });
  await keep('payout-batch/resumed', payoutBatch.workflowId(batchId));
}

const fullRuns = ['decided', 'paid', 'advised'].map((run) => `payout-batch/full-${run}`);

/** The run that heard people's decisions is full when it may pay, and the one that paid when it may advise. */
async function goOn(director: Director, keep: Keep, beginAnew: BeginAnew): Promise<void> {
  const { programId, batchId } = await collect(director);
  const workflowId = payoutBatch.workflowId(batchId);
  const input: PayoutBatchInput = { programId, batchId, eventsPerRun: 20 };
  await beginAnew(payoutBatch, workflowId, input);
  await director.api.submitBatch(batchId, director.name('submission'));
  await approve(director, batchId, 'finance_approver');
  await keep(fullRuns, workflowId);
}

/** Every branch of the way of a batch from its draft to its end. */
export const batchScenarios: Scenario[] = [
  { title: 'A batch is rejected', branches: ['payout-batch/rejected'], play: reject },
  { title: 'A batch is cancelled', branches: ['payout-batch/cancelled'], play: cancel },
  { title: 'A batch is approved by two', branches: ['payout-batch/released-by-hand'], play: approveByTwo },
  { title: 'A batch is recalled', branches: ['payout-batch/recalled'], play: recall },
  { title: 'A batch is edited after an approval', branches: ['payout-batch/edited'], play: edit },
  {
    title: 'A failed item is tried again',
    branches: ['payout-batch/partial', 'payout-batch/retried'],
    play: retry,
  },
  { title: 'A batch is paused', branches: ['payout-batch/resumed'], play: pause },
  { title: 'A batch goes on in further runs', branches: fullRuns, play: goOn },
];

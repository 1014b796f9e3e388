import type { Database } from '../../libs/database/index.js';
import { readEnvironment } from '../../libs/config/index.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { payoutBatch } from '../../libs/orchestration/index.js';
import { connectTemporalClient } from '../../libs/temporal/index.js';
import { main as checkContracting } from '../check-workflows/main.js';
import { forEachLimited } from '../client/index.js';
import type { ProductEnvironment } from '../embedded/product-environment.js';
import type { Difference } from './difference.js';

type Client = Awaited<ReturnType<typeof connectTemporalClient>>;

const sideBySide = 8;
/** A task that was tried so often fails by itself: none of the kills of before reaches so far into the rest. */
const failingAttempts = 3;

export interface WorkflowsReport {
  differences: Difference[];
  running: number;
}

/** Holds workflows against rows: none fails or stands still, no ended batch has one that runs, no open one has none. */
export async function checkWorkflows(database: Database, variables: ProductEnvironment): Promise<WorkflowsReport> {
  const env = readEnvironment(variables);
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = env;
  const client = await connectTemporalClient({ address, namespace, keyring: Keyring.parse(env.ENCRYPTION_KEYS) });
  try {
    const broken = await brokenWorkflows(client);
    const { standing, running } = await standingStill(client);
    const batches = await batchDifferences(database, running);
    const contracting = await contractingDifferences(variables);
    return { differences: [...broken, ...standing, ...batches, ...contracting], running: running.size };
  } finally {
    await client.connection.close();
  }
}

async function brokenWorkflows(client: Client): Promise<Difference[]> {
  const found: Difference[] = [];
  const query = `ExecutionStatus in ('Failed', 'TimedOut', 'Terminated', 'Canceled')`;
  for await (const { workflowId, status } of client.workflow.list({ query })) {
    found.push({ code: 'workflow_broken', subject: workflowId, detail: `ended as ${status.name}` });
  }
  return found;
}

async function standingStill(client: Client): Promise<{ standing: Difference[]; running: Set<string> }> {
  const running = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
    running.add(workflowId);
  }
  const standing: Difference[] = [];
  await forEachLimited(running, sideBySide, async (subject) => {
    const { raw } = await client.workflow.getHandle(subject).describe();
    const attempts = raw.pendingWorkflowTask?.attempt ?? 0;
    if (attempts >= failingAttempts) {
      standing.push({ code: 'workflow_stuck', subject, detail: `its task was tried ${attempts} times` });
    }
    for (const { activityType, attempt, lastFailure } of raw.pendingActivities ?? []) {
      if (!lastFailure || (attempt ?? 0) < failingAttempts) continue;
      const detail = `${activityType?.name ?? ''} was tried ${attempt} times: ${lastFailure.message ?? ''}`;
      standing.push({ code: 'activity_failing', subject, detail });
    }
  });
  return { standing, running };
}

async function batchDifferences(database: Database, running: ReadonlySet<string>): Promise<Difference[]> {
  const batches = await database.query<{ id: string; run: number; state: string }>(
    `select id, run, state from payout_batches order by id`,
  );
  return batches.flatMap(({ id, run, state }) => {
    const workflowId = payoutBatch.workflowId(id, run);
    const isOpen = openBatchStates.has(state);
    if (isOpen === running.has(workflowId)) return [];
    const detail = isOpen ? `is ${state}, and no workflow runs for it` : `is ${state}, and ${workflowId} still runs`;
    return [{ code: 'batch_without_end', subject: id, detail }];
  });
}

const openBatchStates: ReadonlySet<string> = new Set([
  ...['draft', 'frozen', 'in_approval', 'approval_blocked', 'approved', 'released', 'processing'],
]);

/** The rows of contracting, as `check:workflows` looks at them. */
async function contractingDifferences(variables: ProductEnvironment): Promise<Difference[]> {
  const lines: string[] = [];
  const write = (text: string): number => lines.push(text);
  const code = await checkContracting([], { stdout: { write }, stderr: { write } }, () => readEnvironment(variables));
  if (code === 0) return [];
  return [{ code: 'contracting_differs', subject: 'check:workflows', detail: lines.join('').trim() }];
}

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { bundleWorkflowCode, DefaultLogger, NativeConnection } from '@temporalio/worker';
import { createWorkers, WorkerGroup, type ActivityMap } from '../../apps/worker/workers.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import * as retryPolicies from '../../libs/orchestration/retry-policies.js';
import { taskQueues } from '../../libs/orchestration/index.js';
import { lazyTemporalClient } from '../../libs/temporal/index.js';
import { testEnvironment } from '../support/api.js';
import { quietTemporal } from '../support/quiet-temporal.js';
import { createTestDatabase } from '../support/servers.js';

/** Several times the heartbeat time-out of the test's activity. */
const heldMs = 4_000;

describe('the beats of a worker', () => {
  it('tell that it is alive for as long as an activity takes, whatever the activity does', async () => {
    const logger = new DefaultLogger('ERROR');
    quietTemporal();
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-beats-'));
    const database = await createTestDatabase();
    const env = await testEnvironment(database, folder);
    const keyring = Keyring.parse(env.ENCRYPTION_KEYS);
    const workflowsPath = fileURLToPath(new URL('../support/holding.workflow.ts', import.meta.url));
    const { code } = await bundleWorkflowCode({ workflowsPath, logger });
    const workflowBundlePath = path.join(folder, 'workflows.js');
    writeFileSync(workflowBundlePath, code);
    const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS });
    const hold = async (ms: never): Promise<string> => {
      await pause(ms);
      return 'held';
    };
    const activities: ActivityMap = { contracting: { hold }, money: { hold } };
    const workers = new WorkerGroup(await createWorkers({ env, connection, keyring, activities, workflowBundlePath }));
    const running = workers.run();
    const client = lazyTemporalClient({ address: env.TEMPORAL_ADDRESS, namespace: env.TEMPORAL_NAMESPACE, keyring });
    try {
      const taskQueue = `${env.TASK_QUEUE_PREFIX}${taskQueues.contracting}`;
      const workflowId = `holding/${randomUUID()}`;
      expect(await client.workflow.execute('holding', { workflowId, taskQueue, args: [heldMs] })).toBe('held');
    } finally {
      workers.stop();
      await running;
      await client.connection.close();
      await connection.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  it.each(Object.entries(retryPolicies))('are missed soon by %s, long before its time is over', (_name, policy) => {
    expect(msToNumber(policy.heartbeatTimeout)).toBeLessThanOrEqual(20_000);
    expect(msToNumber(policy.heartbeatTimeout)).toBeLessThan(msToNumber(policy.startToCloseTimeout));
  });
});

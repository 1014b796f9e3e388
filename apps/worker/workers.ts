import { Worker, type NativeConnection } from '@temporalio/worker';
import type { Environment } from '../../libs/config/index.js';
import type { Keyring } from '../../libs/kernel/keyring.js';
import { taskQueues, type TaskQueue } from '../../libs/orchestration/index.js';
import { encryptingDataConverter } from '../../libs/temporal/index.js';
import { beatWhileRunning } from './heartbeats.js';

/** What a worker hosts: by queue, the methods of the activity classes under their contract's names. */
export type ActivityMap = Record<TaskQueue, Record<string, (input: never) => Promise<unknown>>>;

export interface WorkerOptions {
  env: Environment;
  connection: NativeConnection;
  keyring: Keyring;
  activities: ActivityMap;
  /** The prebuilt bundle of all workflows. */
  workflowBundlePath: string;
}

/**
 * One Temporal worker per queue, on the queue's prefixed name. The cache and the slots are sized for two cores and a
 * process below 1 GiB; a machine with more runs more processes.
 */
export function createWorkers(options: WorkerOptions): Promise<Worker[]> {
  const { env, connection, keyring, activities, workflowBundlePath } = options;
  return Promise.all(
    Object.values(taskQueues).map((queue) =>
      Worker.create({
        connection,
        namespace: env.TEMPORAL_NAMESPACE,
        taskQueue: `${env.TASK_QUEUE_PREFIX}${queue}`,
        workflowBundle: { codePath: workflowBundlePath },
        dataConverter: encryptingDataConverter(keyring),
        activities: activities[queue],
        interceptors: { activity: [beatWhileRunning] },
        // Else the SDK would hold back beats for most of an activity's heartbeat time-out, and one lost beat be the last.
        maxHeartbeatThrottleInterval: '2 s',
        maxCachedWorkflows: 100,
        maxConcurrentWorkflowTaskExecutions: 20,
        maxConcurrentActivityTaskExecutions: 40,
        shutdownGraceTime: '10 s',
        shutdownForceTime: '20 s',
      }),
    ),
  );
}

/** Runs the workers until `stop` is called or one of them fails; rejects with that failure after stopping the others. */
export class WorkerGroup {
  constructor(private readonly workers: readonly Worker[]) {}

  async run(): Promise<void> {
    const runs = this.workers.map((worker) => worker.run());
    try {
      await Promise.all(runs);
    } finally {
      this.stop();
      await Promise.allSettled(runs);
    }
  }

  stop(): void {
    for (const worker of this.workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  }
}

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ConsoleLogger } from '@nestjs/common';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { createWorker, type RunningWorker } from '../../apps/worker/create-worker.js';
import { payoutBatch } from '../../libs/orchestration/index.js';
import { connectTemporalClient } from '../../libs/temporal/index.js';
import { PayoutHouse } from './payout-house.js';
import { temporalAddress } from './servers.js';
import { until } from './until.js';

const builtBundle = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

/** A payout house whose batches are carried by real workers on queues of their own. */
export class PayoutWorkers {
  private workers: RunningWorker[] = [];
  private forwarding = true;

  private constructor(
    readonly house: PayoutHouse,
    readonly client: Client,
    private readonly bundlePath: string,
  ) {}

  /** With the workflows as they are built, unless a test brings its own. */
  static async open({ bundlePath = builtBundle }: { bundlePath?: string } = {}): Promise<PayoutWorkers> {
    const house = await PayoutHouse.open({
      TEMPORAL_ADDRESS: temporalAddress(),
      TASK_QUEUE_PREFIX: `test-${randomUUID()}-`,
    });
    const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = house.env;
    const client = await connectTemporalClient({ address, namespace, keyring: house.keyring });
    const opened = new PayoutWorkers(house, client, bundlePath);
    await opened.startWorker();
    void opened.forwardWebhooks();
    return opened;
  }

  private async startWorker(): Promise<void> {
    const logger = new ConsoleLogger('worker', { logLevels: ['error'] });
    const worker = await createWorker(this.house.env, this.bundlePath, logger);
    this.workers.push(worker);
  }

  /** Starts a worker, then stops the ones that ran: what they had under way is another's. */
  async restart(): Promise<void> {
    const old = this.workers;
    this.workers = [];
    await this.startWorker();
    await Promise.all(old.map((worker) => worker.stop()));
  }

  /** The batch's workflow, once the outbox has started it. */
  async batch(batchId: string): Promise<WorkflowHandle> {
    const handle = this.client.workflow.getHandle(payoutBatch.workflowId(batchId));
    await until('the workflow of the batch', () =>
      handle.describe().then(
        () => true,
        () => false,
      ),
    );
    return handle;
  }

  /** Whether webhooks of the sandbox reach us; those that come meanwhile are lost. */
  set hearsWebhooks(hears: boolean) {
    this.forwarding = hears;
  }

  async close(): Promise<void> {
    for (const worker of this.workers) await worker.stop();
    await this.client.connection.close();
    await this.house.close();
  }

  /** What the API does with each webhook. */
  private async forwardWebhooks(): Promise<void> {
    const { receiver } = this.house.sandbox;
    for (let next = 0; ; next++) {
      await receiver.until((received) => received.length > next);
      const { rawBody, signature } = receiver.received[next]!;
      if (this.forwarding) await this.house.payouts.receiveWebhook(rawBody, signature);
    }
  }
}

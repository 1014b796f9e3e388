import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { negotiation, partnerOnboarding, signature } from '../../libs/orchestration/index.js';
import { forEachLimited, type SentPartner } from '../client/index.js';
import type { BareWork } from './bare.workflow.js';

const taskQueue = 'bench-bare';

/** Runs workflows that do nothing but a number of activities and updates, on the server that a product runs on. */
export class BareWorkflows {
  private constructor(
    private readonly client: Client,
    private readonly worker: Worker,
    private readonly connection: NativeConnection,
  ) {}

  static async open(address: string, namespace: string): Promise<BareWorkflows> {
    const logger = new DefaultLogger('ERROR');
    Runtime.install({ logger });
    const workflowsPath = fileURLToPath(new URL('bare.workflow.js', import.meta.url));
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
    const connection = await NativeConnection.connect({ address });
    const activities = { doNothing: () => Promise.resolve() };
    const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, activities });
    return new BareWorkflows(
      new Client({ connection: await Connection.connect({ address }), namespace }),
      worker,
      connection,
    );
  }

  /** What the three workflows of a partner did, by their histories. */
  async workOf({ applicationId, negotiationId }: SentPartner): Promise<BareWork> {
    const ids = [
      partnerOnboarding.workflowId(applicationId),
      negotiation.workflowId(negotiationId),
      signature.workflowId(negotiationId),
    ];
    const work = { activities: 0, updates: 0 };
    for (const id of ids) {
      const { events } = await this.client.workflow.getHandle(id).fetchHistory();
      for (const event of events ?? []) {
        if (event.activityTaskScheduledEventAttributes) work.activities += 1;
        if (event.workflowExecutionUpdateAcceptedEventAttributes) work.updates += 1;
      }
    }
    return work;
  }

  /** Seconds that so many take, some of them at a time; each gets its updates one after the other, as a partner acts. */
  async run(work: BareWork, count: number, abreast: number): Promise<number> {
    const run = async (index: number): Promise<void> => {
      const workflowId = `bench-bare/${Date.now()}/${index}`;
      const handle = await this.client.workflow.start('bare', { taskQueue, workflowId, args: [work] });
      for (let update = 0; update < work.updates; update += 1) await handle.executeUpdate('act');
      await handle.result();
    };
    return this.worker.runUntil(async () => {
      const start = performance.now();
      await forEachLimited(Array(count).keys(), abreast, run);
      return (performance.now() - start) / 1000;
    });
  }

  async close(): Promise<void> {
    await this.client.connection.close();
    await this.connection.close();
  }
}

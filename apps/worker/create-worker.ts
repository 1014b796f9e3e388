import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { NativeConnection } from '@temporalio/worker';
import pg from 'pg';
import type { Environment } from '../../libs/config/index.js';
import { Database } from '../../libs/database/index.js';
import { Clock } from '../../libs/kernel/clock.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { MailSender } from '../../libs/notifications/index.js';
import { OutboxDispatcher } from '../../libs/outbox/index.js';
import { PayoutsService } from '../../libs/payouts/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import { SealService } from '../../libs/seals/index.js';
import { EnvelopeDeliveries } from '../../libs/signatures/index.js';
import {
  connectTemporalClient,
  ensureSchedules,
  registerSearchAttributes,
  temporalConnectionOptions,
} from '../../libs/temporal/index.js';
import { deliveries } from './deliveries.js';
import { activityClasses, WorkerModule } from './worker.module.js';
import { createWorkers, WorkerGroup, type ActivityMap } from './workers.js';

export interface RunningWorker {
  /** Resolves after an orderly stop; rejects when a Temporal worker failed. */
  finished: Promise<void>;
  /** Lets running activities end (10 s), then closes what they used. */
  stop(): Promise<void>;
}

/**
 * Starts a worker process: registers what the namespace lacks, hosts workflows and activities, and delivers the outbox.
 * Any number of these may run against the same servers.
 */
export async function createWorker(
  env: Environment,
  workflowBundlePath: string,
  logger: LoggerService,
): Promise<RunningWorker> {
  const context = await NestFactory.createApplicationContext(WorkerModule.forRoot(env), {
    logger,
    abortOnError: false,
  });
  const keyring = context.get<Keyring>(Keyring);
  const client = await connectTemporalClient({
    address: env.TEMPORAL_ADDRESS,
    namespace: env.TEMPORAL_NAMESPACE,
    keyring,
  });
  await registerSearchAttributes(client);
  await warnOfSealKey(context, logger);
  for (const { id, document } of await context.get(ProgramsService).list()) {
    await ensureSchedules(client, { programId: id, document, taskQueuePrefix: env.TASK_QUEUE_PREFIX });
  }
  const { address, tls, apiKey, metadata } = temporalConnectionOptions({ address: env.TEMPORAL_ADDRESS });
  const connection = await NativeConnection.connect({ address, tls, apiKey, metadata } as Parameters<
    typeof NativeConnection.connect
  >[0]);
  const group = new WorkerGroup(
    await createWorkers({ env, connection, keyring, activities: activityMap(context), workflowBundlePath }),
  );
  const listener = new pg.Client({ connectionString: env.DATABASE_URL, application_name: 'pactline outbox' });
  listener.on('error', (error) => void logger.warn(`the outbox's listening connection failed: ${error.name}`));
  await listener.connect();
  const dispatcher = new OutboxDispatcher({
    database: context.get(Database),
    listener,
    deliver: deliveries({
      client,
      taskQueuePrefix: env.TASK_QUEUE_PREFIX,
      mails: context.get(MailSender),
      envelopeMails: context.get(EnvelopeDeliveries),
      payouts: context.get(PayoutsService),
      programs: context.get(ProgramsService),
    }),
    onFailure: ({ id, kind, attempts }, error) =>
      void logger.warn(
        `outbox message ${id} (${kind}) failed, attempt ${attempts}: ${error instanceof Error ? error.name : 'unknown'}`,
      ),
  });
  await dispatcher.start();
  const running = group.run();
  const finished = running.finally(async () => {
    await dispatcher.stop();
    await listener.end();
    await client.connection.close();
    await connection.close();
    await context.close();
  });
  return {
    finished,
    stop: () => {
      group.stop();
      return finished;
    },
  };
}

/** Without a key nothing is sent and nothing sealed: whoever starts a worker is told before people wait. */
async function warnOfSealKey(context: INestApplicationContext, logger: LoggerService): Promise<void> {
  const { state, notAfter } = await context.get(SealService).health(context.get<Clock>(Clock).now());
  if (state === 'ready') return;
  const until = notAfter === undefined ? '' : ` (valid until ${notAfter.toISOString()})`;
  logger.warn(`the key for electronic seals is ${state}${until}: see SEAL_KEY_FILE`);
}

/** The methods of the activity classes under their names, by queue; two methods of one name would hide each other. */
export function activityMap(context: INestApplicationContext): ActivityMap {
  const collect = (classes: readonly (abstract new (...args: never[]) => object)[]) => {
    const methods: Record<string, (input: never) => Promise<unknown>> = {};
    for (const type of classes) {
      for (const [name, method] of Object.entries(context.get<object>(type as never))) {
        if (typeof method !== 'function') continue;
        if (name in methods) throw new Error(`two activities are named ${name}`);
        methods[name] = method as (input: never) => Promise<unknown>;
      }
    }
    return methods;
  };
  return { contracting: collect(activityClasses.contracting), money: collect(activityClasses.money) };
}

import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import type { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import pg from 'pg';
import type { Environment } from '../../libs/config/index.js';
import { Database } from '../../libs/database/index.js';
import { Clock } from '../../libs/kernel/clock.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { ChainRunner, JournalChain } from '../../libs/ledger/index.js';
import { MailInbox, MailOutcomes, MailSender, type MailOutcomeListener } from '../../libs/notifications/index.js';
import { OutboxDispatcher } from '../../libs/outbox/index.js';
import { BankAccountTelling, ItemPapers, PayoutsService } from '../../libs/payouts/index.js';
import { RepeatedWork } from '../../libs/platform/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import { SealService } from '../../libs/seals/index.js';
import {
  connectTemporalClient,
  registerSearchAttributes,
  temporalConnectionOptions,
} from '../../libs/temporal/index.js';
import { WebhookDeliverer, WebhookDispatcher, WebhookFanOut } from '../../libs/webhooks/index.js';
import { deliveries } from './deliveries.js';
import { followProgram } from './program-schedules.js';
import { activityClasses, mailOutcomeListeners, WorkerModule } from './worker.module.js';
import { createWorkers, WorkerGroup, type ActivityMap } from './workers.js';

/** How often it is looked for invoices whose payment came back. */
const creditNotesEveryMs = 30_000;

/** How often it is looked for payout details that pay now and that a rail was not told of. */
const bankAccountsEveryMs = 30_000;

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
  const programs = context.get(ProgramsService);
  for (const program of await programs.list()) {
    await followProgram({ client, taskQueuePrefix: env.TASK_QUEUE_PREFIX, programs }, program);
  }
  const { address, tls, apiKey, metadata } = temporalConnectionOptions({ address: env.TEMPORAL_ADDRESS });
  const connection = await NativeConnection.connect({ address, tls, apiKey, metadata } as Parameters<
    typeof NativeConnection.connect
  >[0]);
  const group = new WorkerGroup(
    await createWorkers({ env, connection, keyring, activities: activityMap(context), workflowBundlePath }),
  );
  const dispatchers = await startDispatchers(context, client, env, logger);
  const running = group.run();
  const finished = running.finally(async () => {
    await dispatchers.stop();
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

/** What leaves by the outbox, and what goes on from there to webhooks. */
async function startDispatchers(
  context: INestApplicationContext,
  client: Client,
  env: Environment,
  logger: LoggerService,
): Promise<{ stop: () => Promise<void> }> {
  for (const type of mailOutcomeListeners) {
    context.get(MailOutcomes).add(context.get<MailOutcomeListener>(type));
  }
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
      mailInbox: context.get(MailInbox),
      payouts: context.get(PayoutsService),
      programs: context.get(ProgramsService),
    }),
    onFailure: ({ id, kind, attempts }, error) =>
      void logger.warn(
        `outbox message ${id} (${kind}) failed, attempt ${attempts}: ${error instanceof Error ? error.name : 'unknown'}`,
      ),
  });
  const webhooks = new WebhookDispatcher({
    fanOut: context.get(WebhookFanOut),
    deliverer: context.get(WebhookDeliverer),
    listener,
    onFailure: (what, error) =>
      void logger.warn(`webhooks: ${what} failed: ${error instanceof Error ? error.name : 'unknown'}`),
  });
  const chain = new ChainRunner({
    chain: context.get(JournalChain),
    onFailure: (error) =>
      void logger.warn(`chaining the journal failed: ${error instanceof Error ? error.name : 'unknown'}`),
  });
  const creditNotes = new RepeatedWork({
    work: () => context.get(ItemPapers).creditReturned(),
    onFailure: (error) =>
      void logger.warn(`issuing credit notes failed: ${error instanceof Error ? error.name : 'unknown'}`),
    intervalMs: creditNotesEveryMs,
  });
  const bankAccounts = new RepeatedWork({
    work: () => context.get(BankAccountTelling).tellAll(),
    onFailure: (error) =>
      void logger.warn(`telling rails of bank accounts failed: ${error instanceof Error ? error.name : 'unknown'}`),
    intervalMs: bankAccountsEveryMs,
  });
  await dispatcher.start();
  webhooks.start();
  chain.start();
  creditNotes.start();
  bankAccounts.start();
  return {
    stop: async () => {
      await bankAccounts.stop();
      await creditNotes.stop();
      await chain.stop();
      await webhooks.stop();
      await dispatcher.stop();
      await listener.end();
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

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from '../../apps/worker/worker.module.js';
import { Database, type Transaction } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { Outbox, type EventTypeName } from '../../libs/outbox/index.js';
import {
  WebhookDeliverer,
  WebhookDeliveries,
  WebhookDispatcher,
  WebhookEndpoints,
  WebhookFanOut,
  type EndpointView,
  type WebhookDispatcherOptions,
} from '../../libs/webhooks/index.js';
import { testEnvironment } from './api.js';
import { seedProgram } from './seed-rows.js';
import { createTestDatabase, type TestDatabase } from './servers.js';
import { WebhookReceiver } from './webhook-receiver.js';

const actor = { actorId: 'usr_test' };

export interface DeliveryRow {
  id: string;
  event_id: string;
  state: string;
  attempts: number;
  tries: number;
  status: number | null;
  code: string | null;
  excerpt: string | null;
  type: string;
  waits: number;
}

/** Webhooks on real PostgreSQL and real HTTP, with a program, a receiver and as many dispatchers as a test starts. */
export class WebhookHouse {
  readonly failures: string[] = [];
  private readonly started: WebhookDispatcher[] = [];
  private constructor(
    readonly context: INestApplicationContext,
    readonly database: Database,
    readonly receiver: WebhookReceiver,
    readonly programId: string,
    private readonly testDatabase: TestDatabase,
    private readonly folder: string,
  ) {}

  static async open(variables: Record<string, string> = {}): Promise<WebhookHouse> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-webhooks-'));
    const testDatabase = await createTestDatabase();
    const env = await testEnvironment(testDatabase, folder, {
      WEBHOOK_ALLOW_PRIVATE: 'true',
      WEBHOOK_RETRY_DELAYS: '60,120',
      WEBHOOK_TIMEOUT_MS: '1000',
      DATABASE_POOL_SIZE: '12',
      ...variables,
    });
    const context = await NestFactory.createApplicationContext(WorkerModule.forRoot(env), { logger: false });
    const database = context.get(Database);
    const receiver = await WebhookReceiver.start();
    return new WebhookHouse(context, database, receiver, await seedProgram(database), testDatabase, folder);
  }

  get endpoints(): WebhookEndpoints {
    return this.context.get(WebhookEndpoints);
  }

  get deliveries(): WebhookDeliveries {
    return this.context.get(WebhookDeliveries);
  }

  endpoint(changes: { path?: string; url?: string; eventTypes?: string[]; programId?: string } = {}) {
    const { path: at = '/', url = `${this.receiver.url}${at}`, eventTypes = [], programId = this.programId } = changes;
    return this.endpoints.create({ programId, url, eventTypes }, actor);
  }

  /** An endpoint that no check stood in the way of: its address was another one's when it was made. */
  async unchecked(url: string): Promise<EndpointView & { secret: string }> {
    const made = await this.endpoints.create(
      { programId: this.programId, url: 'https://203.0.114.9/', eventTypes: [] },
      actor,
    );
    await this.database.query(`update webhook_endpoints set url = $2 where id = $1`, [made.id, url]);
    return { ...made, url };
  }

  announce(
    type: EventTypeName = 'partner.active',
    subjectId = newId('prt'),
    programId = this.programId,
  ): Promise<void> {
    return this.database.inTransaction((tx) => this.announceIn(tx, type, subjectId, programId));
  }

  announceIn(
    tx: Transaction,
    type: EventTypeName = 'partner.active',
    subjectId = newId('prt'),
    programId = this.programId,
  ) {
    return this.context.get(Outbox).announce(tx, programId, { type, subjectId });
  }

  dispatcher(options: Partial<WebhookDispatcherOptions> = {}): WebhookDispatcher {
    return new WebhookDispatcher({
      fanOut: this.context.get(WebhookFanOut),
      deliverer: this.context.get(WebhookDeliverer),
      onFailure: (what, error) => this.failures.push(`${what}: ${String(error)}`),
      intervalMs: 20,
      ...options,
    });
  }

  start(options: Partial<WebhookDispatcherOptions> = {}): WebhookDispatcher {
    const dispatcher = this.dispatcher(options);
    this.started.push(dispatcher);
    dispatcher.start();
    return dispatcher;
  }

  /** Lets every waiting try be due now. */
  async hurry(): Promise<void> {
    await this.database.query(`update webhook_deliveries set next_attempt_at = now() where state = 'pending'`);
  }

  deliveriesOf(endpointId: string): Promise<DeliveryRow[]> {
    return this.database.query<DeliveryRow>(
      `select id, event_id, state, attempts, tries, status, code, excerpt, type,
         extract(epoch from next_attempt_at - now())::float8 as waits
       from webhook_deliveries where endpoint_id = $1 order by sequence`,
      [endpointId],
    );
  }

  /** Ends what a test has started and forgets what it has made. */
  async clear(): Promise<void> {
    await Promise.all(this.started.splice(0).map((dispatcher) => dispatcher.stop()));
    await this.database.query(`update webhook_deliveries set state = 'cancelled' where state = 'pending'`);
    await this.database.query(`update webhook_endpoints set state = 'deleted'`);
    this.receiver.received.length = 0;
    this.receiver.behaviour = (response) => void response.writeHead(204).end();
    this.failures.length = 0;
  }

  async close(): Promise<void> {
    await this.receiver.close();
    await this.context.close();
    await this.testDatabase.drop();
    rmSync(this.folder, { recursive: true });
  }
}

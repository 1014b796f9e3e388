import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { createApi } from '../../apps/api/create-api.js';
import { startMailCatcher, type MailCatcher } from '../../apps/mail-catcher/mail-catcher.js';
import type { CaughtMail } from '../../apps/mail-catcher/mail-store.js';
import { startSandbox, type Sandbox } from '../../apps/sandbox/server.js';
import { createWorker, type RunningWorker } from '../../apps/worker/create-worker.js';
import type { Environment } from '../../libs/config/index.js';
import { Database } from '../../libs/database/index.js';
import { demoToken, type CompanyRole, type DemoTokenOptions } from '../../libs/identity/index.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { taskQueues } from '../../libs/orchestration/index.js';
import { connectTemporalClient } from '../../libs/temporal/index.js';
import { freePorts } from '../../tools/embedded/ports.mjs';
import { callApi, testEnvironment, type ApiAnswer, type ApiCall } from './api.js';
import { deleteSchedules } from './schedules.js';
import { quietTemporal } from './quiet-temporal.js';
import { createTestDatabase, type TestDatabase } from './servers.js';
import { projectRoot } from './sources.js';
import { SandboxControl, sandboxKeys } from './stripe-sandbox.js';
import { unlessGone } from './unless-gone.js';
import { until } from './until.js';

/** The mail catcher and the sandbox rail of one product. */
interface Neighbours {
  catcher: MailCatcher;
  sandbox: Sandbox;
}

/** How often a request is sent while its work is still running; each waits some seconds itself. */
const mostAttempts = 6;

/**
 * The whole product in this process: API and worker on a database and task queues of their own, with a mail catcher and
 * a sandbox rail. One per test file: `product = await TestProduct.start()` in `beforeAll`, `close` in `afterAll`.
 * `ContractingWalk` (contracting.ts) walks partners through it.
 */
export class TestProduct {
  private lastKey = 0;
  private constructor(
    readonly env: Environment,
    readonly url: string,
    readonly api: NestFastifyApplication,
    /** The same database as the owner of its schema: it may do what the running role may not. */
    readonly owner: Database,
    readonly temporal: Client,
    readonly log: CapturedLog,
    private worker: RunningWorker | undefined,
    private readonly neighbours: Neighbours,
    private readonly testDatabase: TestDatabase,
    private readonly folder: string,
  ) {}

  /** `variables` go over the environment of API and worker. */
  static async start(variables: Record<string, string> = {}): Promise<TestProduct> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-product-'));
    const [testDatabase, [port = 0]] = await Promise.all([createTestDatabase(), freePorts(1)]);
    const url = `http://127.0.0.1:${port}`;
    const neighbours = await startNeighbours(folder, url);
    const env = await testEnvironment(testDatabase, folder, {
      PORT: String(port),
      DATABASE_POOL_SIZE: '10',
      SMTP_URL: neighbours.catcher.smtpUrl,
      STRIPE_API_KEY: sandboxKeys.apiKey,
      STRIPE_API_BASE: neighbours.sandbox.url,
      STRIPE_WEBHOOK_SECRET: sandboxKeys.webhookSecret,
      RAIL_ENVIRONMENT: testDatabase.name,
      ...variables,
    });
    const log = new CapturedLog();
    quietTemporal();
    const api = await createApi(env);
    // The worker's logger is the last to be set and so takes the lines of both.
    const worker = await createWorker(env, workflowBundle, log);
    await api.listen({ host: '127.0.0.1', port });
    const owner = await Database.connect(testDatabase.migrationUrl, 3);
    const temporal = await connectTemporalClient({
      address: env.TEMPORAL_ADDRESS,
      namespace: env.TEMPORAL_NAMESPACE,
      keyring: Keyring.parse(env.ENCRYPTION_KEYS),
    });
    return new TestProduct(env, url, api, owner, temporal, log, worker, neighbours, testDatabase, folder);
  }

  /** The sandbox rail's own routes: faults, totals, replays. */
  get rail(): SandboxControl {
    return new SandboxControl(this.neighbours.sandbox.url);
  }

  /** Where mails are handed in, whatever `SMTP_URL` says. */
  get smtpUrl(): string {
    return this.neighbours.catcher.smtpUrl;
  }

  /** Where the mails are looked up. */
  get mailUrl(): string {
    return this.neighbours.catcher.httpUrl;
  }

  /**
   * One call of the API. As any careful client's, a POST without a key gets one, and is sent again under it while its work is
   * accepted and not done yet: on a busy machine the answer may take longer than one request waits.
   */
  async call<Body = Record<string, unknown>>(
    method: string,
    address: string,
    call: ApiCall = {},
  ): Promise<ApiAnswer<Body>> {
    const headers = method === 'POST' ? { 'idempotency-key': this.newKey(), ...call.headers } : call.headers;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await callApi<Body>(this.url, method, address, { ...call, ...(headers && { headers }) });
      const isRunning = answer.status === 202 && answer.text === '{"state":"running"}';
      if (!isRunning || call.isImpatient || attempt === mostAttempts) return answer;
    }
  }

  /** The body of an answer that must be a success. */
  async ok<Body = Record<string, unknown>>(method: string, address: string, call: ApiCall = {}): Promise<Body> {
    const answer = await this.call<Body>(method, address, call);
    if (answer.status >= 200 && answer.status < 300 && answer.status !== 202) return answer.body;
    throw new Error(`${method} ${address.split('?')[0]} answered ${answer.status}: ${answer.text}`);
  }

  /** The bytes of an answer that must be a success, such as a PDF. */
  async bytes(address: string, token?: string): Promise<Uint8Array> {
    const response = await fetch(`${this.url}${address}`, {
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
    if (!response.ok) throw new Error(`${address} answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** A bearer token for a demo user of this role, or for a partner. */
  token(as: CompanyRole | { partnerId: string }, options?: DemoTokenOptions): Promise<string> {
    return demoToken(this.env, as, options);
  }

  newKey(): string {
    return `key-${++this.lastKey}`;
  }

  /** The mails that came for an address, oldest first. */
  async mails(to: string, subject?: string): Promise<CaughtMail[]> {
    const query = new URLSearchParams({ to, limit: '500', ...(subject === undefined ? {} : { subject }) });
    const response = await fetch(`${this.neighbours.catcher.httpUrl}/api/mails?${query.toString()}`);
    return ((await response.json()) as { mails: CaughtMail[] }).mails;
  }

  /** Waits for a mail to an address; the newest. */
  mail(to: string, subject?: string): Promise<CaughtMail> {
    return this.until(`a mail ${subject ?? ''}`, async () => (await this.mails(to, subject)).at(-1));
  }

  /** Asks again until there is an answer; where none comes, the error tells what may hold the product up. */
  async until<Answer>(what: string, ask: () => Promise<Answer | undefined | false>): Promise<Answer> {
    try {
      return await until(what, ask);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : what}\n${await this.standing().catch(() => '')}`, {
        cause: error,
      });
    }
  }

  /** What the product logged last, what its database is doing, and which of its workflows wait for a worker. */
  private async standing(): Promise<string> {
    const busy = await this.rows<{ line: string }>(
      `select concat_ws(' ', state, wait_event_type, wait_event, now() - state_change, left(query, 120)) as line
       from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
    );
    const waiting: string[] = [];
    for await (const { workflowId } of this.temporal.workflow.list({ query: this.running() })) {
      const raw = (await this.description(workflowId))?.raw;
      const activities = (raw?.pendingActivities ?? []).map(
        ({ activityType, state }) => `${activityType?.name} ${state}`,
      );
      if (raw?.pendingWorkflowTask) activities.push(`workflow task ${raw.pendingWorkflowTask.state}`);
      if (activities.length > 0 && waiting.length < 10) waiting.push(`${workflowId}: ${activities.join(', ')}`);
    }
    const logged = this.log.lines.slice(-10).map((line) => line.slice(0, 300));
    return ['logged:', ...logged, 'in the database:', ...busy.map(({ line }) => line), 'waiting:', ...waiting].join(
      '\n  ',
    );
  }

  private running(): string {
    const queues = Object.values(taskQueues).map((queue) => `'${this.env.TASK_QUEUE_PREFIX}${queue}'`);
    return `ExecutionStatus = 'Running' and TaskQueue in (${queues.join(', ')})`;
  }

  /** Rows as the owner of the schema sees them. */
  rows<Row = Record<string, unknown>>(sql: string, ...parameters: unknown[]): Promise<Row[]> {
    return this.owner.query<Row>(sql, parameters);
  }

  /** How a workflow ended, once it has: `COMPLETED`, `FAILED`, … */
  async ended(workflowId: string): Promise<string> {
    return this.until(`the end of ${workflowId}`, async () => {
      const status = (await this.description(workflowId))?.status.name;
      return status !== 'RUNNING' && status;
    });
  }

  /** What the server says of a workflow; undefined while it has not been started: the outbox does that after the row. */
  async description(workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
    try {
      return await this.temporal.workflow.getHandle(workflowId).describe();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** Waits until nothing is left that should leave by the outbox. */
  async outboxEmpty(): Promise<void> {
    await this.until('an empty outbox', async () => {
      const [row] = await this.rows<{ open: string }>(
        `select count(*) as open from outbox_messages where delivered_at is null and kind <> 'domain_event'`,
      );
      return row?.open === '0';
    });
  }

  async stopWorker(): Promise<void> {
    await this.worker?.stop();
    this.worker = undefined;
  }

  async startWorker(): Promise<void> {
    this.worker ??= await createWorker(this.env, workflowBundle, this.log);
  }

  /** Stops everything; workflows that still wait for someone are ended, since nothing will ever host them again. */
  async close(): Promise<void> {
    await this.api.close();
    await this.stopWorker();
    await this.endWorkflows();
    await this.temporal.connection.close();
    await this.owner.close();
    await this.neighbours.catcher.close();
    await this.neighbours.sandbox.close();
    await this.testDatabase.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async endWorkflows(): Promise<void> {
    for (const { id } of await this.rows<{ id: string }>(`select id from programs`)) {
      await deleteSchedules(this.temporal, id);
    }
    for await (const { workflowId } of this.temporal.workflow.list({ query: this.running() })) {
      await unlessGone(this.temporal.workflow.getHandle(workflowId).terminate('the test is over'));
    }
  }
}

const workflowBundle = path.join(projectRoot, 'dist', 'workflow-bundle.js');

/** What API and worker would have written, so that a test can look for what must not be there. */
export class CapturedLog implements LoggerService {
  readonly lines: string[] = [];

  log = (...parts: unknown[]): void => this.take(parts);
  error = (...parts: unknown[]): void => this.take(parts);
  warn = (...parts: unknown[]): void => this.take(parts);
  debug = (...parts: unknown[]): void => this.take(parts);
  verbose = (...parts: unknown[]): void => this.take(parts);
  fatal = (...parts: unknown[]): void => this.take(parts);

  get text(): string {
    return this.lines.join('\n');
  }

  private take(parts: unknown[]): void {
    this.lines.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part, { depth: 10 }))).join(' '));
  }
}

async function startNeighbours(folder: string, apiUrl: string): Promise<Neighbours> {
  const host = '127.0.0.1';
  const catcher = await startMailCatcher({ host, smtpPort: 0, httpPort: 0, stateFile: path.join(folder, 'mails') });
  const sandbox = await startSandbox({
    host,
    port: 0,
    stateFile: path.join(folder, 'sandbox'),
    webhookUrl: `${apiUrl}/v1/inbound/stripe`,
    ...sandboxKeys,
  });
  return { catcher, sandbox };
}

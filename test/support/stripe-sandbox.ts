import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultRequest } from '../../apps/sandbox/faults.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../apps/sandbox/server.js';
import { railIdempotencyKey, type PayoutRail, type SendRequest } from '../../libs/payouts/domain/index.js';
import type { Database } from '../../libs/database/index.js';
import {
  createStripeGlobalPayoutsRail,
  type StripeGlobalPayoutsRail,
} from '../../libs/payouts/rails/stripe-global-payouts.rail.js';
import { createStripeRail, type StripeTransfersRail } from '../../libs/payouts/rails/stripe-transfers.rail.js';

export const sandboxKeys = { apiKey: 'sk_test_sandbox', webhookSecret: 'whsec_sandbox' } as const;

/** Shorter than any hold of the sandbox, so that a held answer is a time-out at once. */
const railTimeoutMs = 400;

export interface SandboxTotals {
  transfers: number;
  totalMinor: Record<string, number>;
  reversedMinor: Record<string, number>;
  outboundPayments: number;
  accounts: number;
  undeliveredEvents: number;
}

/** The sandbox's own routes, which are no part of Stripe's API. */
export class SandboxControl {
  constructor(readonly url: string) {}

  async strike(...faults: FaultRequest[]): Promise<void> {
    await this.request('POST', '/sandbox/faults', { faults });
  }

  async clearFaults(): Promise<void> {
    await this.request('DELETE', '/sandbox/faults');
  }

  async totals(): Promise<SandboxTotals> {
    return (await this.request('GET', '/sandbox/totals')) as SandboxTotals;
  }

  async replayWebhooks(times: number): Promise<void> {
    await this.request('POST', '/sandbox/webhooks/replay', { times });
  }

  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** What banks do in their own time: posts, fails or returns an outbound payment. */
  async movePayment(id: string, status: 'posted' | 'failed' | 'returned', reason?: string): Promise<void> {
    await this.request('POST', `/sandbox/outbound_payments/${id}/move`, { status, reason });
  }

  /** A bare call of v2, for what the SDK does not show. */
  stripeV2(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${sandboxKeys.apiKey}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A bare call of the Stripe part, for what the SDK does not show. */
  stripe(method: string, path: string, form?: Record<string, string>, headers: Record<string, string> = {}) {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${sandboxKeys.apiKey}`, ...headers },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
  }
}

export const financialAccount = 'fa_test_sandbox';

export interface ReceivedWebhook {
  rawBody: string;
  signature: string;
  event: { id: string; type: string; data: { object: { id: string } }; related_object?: { id: string } };
}

/** An endpoint that keeps what it is sent, and can be told to say no first. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** How many deliveries are still answered with 500. */
  refusals = 0;
  private readonly waiters = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(receiver.take(Buffer.concat(chunks).toString(), request.headers['stripe-signature']));
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/webhooks`;
  }

  /** Resolves once what was received satisfies the condition; the test's own time-out bounds the wait. */
  async until(condition: (received: readonly ReceivedWebhook[]) => boolean): Promise<void> {
    while (!condition(this.received)) {
      await new Promise<void>((resolve) => this.waiters.add(resolve));
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(rawBody: string, signature: string | string[] | undefined): number {
    if (this.refusals > 0) {
      this.refusals -= 1;
      return 500;
    }
    const event = JSON.parse(rawBody) as ReceivedWebhook['event'];
    this.received.push({ rawBody, signature: String(signature), event });
    for (const wake of this.waiters) wake();
    this.waiters.clear();
    return 204;
  }
}

/** A sandbox of a test's own, the rail that speaks to it and the endpoint that hears its webhooks. */
export class SandboxFixture {
  private constructor(
    readonly folder: string,
    readonly receiver: WebhookReceiver,
    private sandbox: Sandbox,
    private readonly overrides: Partial<SandboxOptions>,
  ) {}

  static async start(overrides: Partial<SandboxOptions> = {}): Promise<SandboxFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'pactline-sandbox-'));
    const receiver = await WebhookReceiver.start();
    const sandbox = await startSandbox(optionsOf(folder, receiver, overrides));
    return new SandboxFixture(folder, receiver, sandbox, overrides);
  }

  get url(): string {
    return this.sandbox.url;
  }

  get control(): SandboxControl {
    return new SandboxControl(this.url);
  }

  rail(overrides: { apiKey?: string; timeoutMs?: number } = {}): StripeTransfersRail {
    return createStripeRail({ ...sandboxKeys, apiBase: this.url, timeoutMs: railTimeoutMs, ...overrides });
  }

  /** The rail over Global Payouts, whose dead keys are fenced in this database. */
  globalPayouts(
    database: Database,
    overrides: { timeoutMs?: number; financialAccount?: string } = {},
  ): StripeGlobalPayoutsRail {
    const options = { ...sandboxKeys, apiBase: this.url, financialAccount, timeoutMs: railTimeoutMs, ...overrides };
    return createStripeGlobalPayoutsRail(options, database);
  }

  /** Stops the sandbox and starts it again on the same file. */
  async restart(): Promise<void> {
    await this.sandbox.close();
    this.sandbox = await startSandbox(optionsOf(this.folder, this.receiver, this.overrides));
  }

  async close(): Promise<void> {
    await this.sandbox.close();
    await this.receiver.close();
    await rm(this.folder, { recursive: true });
  }
}

/** An account at the rail that can be paid. */
export async function openTestAccount(rail: PayoutRail): Promise<string> {
  const request = { partnerId: 'prt_1', idempotencyKey: randomUUID(), currency: 'USD' };
  return (await rail.openAccount(request)).accountReference;
}

/** A dollar for a new item, or what the changes say; the key follows from item and attempt. */
export function sendRequestOf(changes: Partial<SendRequest> & Pick<SendRequest, 'accountReference'>): SendRequest {
  const itemId = changes.itemId ?? `itm_${randomUUID()}`;
  const attempt = changes.attempt ?? 1;
  return {
    idempotencyKey: railIdempotencyKey('test', itemId, attempt, 'stripe-transfers'),
    itemId,
    attempt,
    batchId: 'bat_1',
    amountMinor: 100n,
    currency: 'USD',
    ...changes,
  };
}

function optionsOf(folder: string, receiver: WebhookReceiver, overrides: Partial<SandboxOptions>): SandboxOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    stateFile: join(folder, 'state.ndjson'),
    webhookUrl: receiver.url,
    ...sandboxKeys,
    ...overrides,
  };
}

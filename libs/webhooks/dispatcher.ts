import type { Client as PostgresClient } from 'pg';
import type { ClaimedDelivery, WebhookDeliverer } from './deliverer.js';
import type { WebhookFanOut } from './fan-out.js';

export interface WebhookDispatcherOptions {
  fanOut: Pick<WebhookFanOut, 'next'>;
  deliverer: Pick<WebhookDeliverer, 'claim' | 'attempt' | 'leaseMs'>;
  /** Told of what could not be done; the id of a delivery, never its content. */
  onFailure: (what: string, error: unknown) => void;
  /** A connection that listens to the outbox's notifications; without it only the interval wakes the dispatcher. */
  listener?: PostgresClient;
  intervalMs?: number;
  /** How many deliveries of one endpoint are on their way at a time, in this process. */
  slots?: number;
  /** How long a claim keeps others away; longer than any attempt takes. */
  leaseMs?: number;
}

const defaultIntervalMs = 500;
const defaultSlots = 8;

/**
 * Fans events out and delivers them, until it is stopped. Any number of dispatchers may run: claims are leases in the
 * database. Deliveries of an endpoint go side by side, so their order is not promised; each says its event's number.
 */
export class WebhookDispatcher {
  private stopped = false;
  private wakeUp: () => void = () => undefined;
  private loop: Promise<void> | undefined;
  private readonly underWay = new Map<string, { endpointId: string; attempt: Promise<void> }>();
  private readonly slots: number;
  private readonly leaseMs: number;

  constructor(private readonly options: WebhookDispatcherOptions) {
    this.slots = options.slots ?? defaultSlots;
    this.leaseMs = options.leaseMs ?? options.deliverer.leaseMs;
  }

  start(): void {
    this.options.listener?.on('notification', ({ payload }) => {
      if (payload === 'domain_event') this.wakeUp();
    });
    this.loop = this.run();
  }

  /** Ends after the attempts that are on their way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wakeUp();
    await this.loop;
  }

  /** Fans out and delivers what is due now, and waits for it; how many attempts that were. */
  async deliverDue(): Promise<number> {
    while (await this.options.fanOut.next());
    const claims = await this.options.deliverer.claim(this.slots, this.busy(), this.leaseMs);
    await Promise.all(claims.map((claim) => this.attempt(claim)));
    return claims.length;
  }

  private async run(): Promise<void> {
    const { intervalMs = defaultIntervalMs, fanOut, deliverer } = this.options;
    while (!this.stopped) {
      const woken = new Promise<void>((resolve) => (this.wakeUp = resolve));
      const mayBeMore = (await this.quietly('fan-out', () => fanOut.next())) ?? false;
      const claims = (await this.quietly('claim', () => deliverer.claim(this.slots, this.busy(), this.leaseMs))) ?? [];
      for (const claim of claims) this.begin(claim);
      if (!mayBeMore) await Promise.race([woken, pause(intervalMs)]);
    }
    await Promise.all([...this.underWay.values()].map(({ attempt }) => attempt));
  }

  private begin(claim: ClaimedDelivery): void {
    const key = `${claim.id} ${claim.attempts}`;
    const attempt = this.attempt(claim).finally(() => {
      this.underWay.delete(key);
      // Its slot is free: more may wait for it.
      this.wakeUp();
    });
    this.underWay.set(key, { endpointId: claim.endpoint_id, attempt });
  }

  private async attempt(claim: ClaimedDelivery): Promise<void> {
    await this.quietly(claim.id, () => this.options.deliverer.attempt(claim));
  }

  private busy(): Map<string, number> {
    const busy = new Map<string, number>();
    for (const { endpointId } of this.underWay.values()) busy.set(endpointId, (busy.get(endpointId) ?? 0) + 1);
    return busy;
  }

  private async quietly<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.options.onFailure(what, error);
      return undefined;
    }
  }
}

/** A pause that doesn't keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

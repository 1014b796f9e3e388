import { createHmac } from 'node:crypto';
import type { Clock } from '../../libs/kernel/clock.js';
import type { Faults } from './faults.js';
import { eventBody } from './presenter.js';
import type { SandboxEvent } from './state.js';
import type { SandboxStore } from './store.js';
import type { ThinEvent } from './v2/objects.js';
import { thinEventBody } from './v2/presenter.js';

type AnyEvent = SandboxEvent | ThinEvent;

const deliveriesInFlight = 8;
const deliveryTimeoutMs = 10_000;

/** Retries come after 0.2 s, 0.4 s, … and then every 30 s until the endpoint says 2xx. */
const retry = { firstMs: 200, longestMs: 30_000 };

/** What a webhook fault without `delayMs` does. */
const defaultDelayMs = { webhook_late: 2_000, webhook_reorder: 1_000 };

interface Delivery {
  event: AnyEvent;
  failures: number;
}

export interface WebhookOptions {
  /** Where events go; without it they are kept and sent to nobody. */
  url: string | undefined;
  secret: string;
}

/** Delivers events to the endpoint, signed, at least once, in no promised order. */
export class WebhookSender {
  private readonly queue: Delivery[] = [];
  private readonly heldBack = new Set<() => void>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(
    private readonly store: SandboxStore,
    private readonly faults: Faults,
    private readonly clock: Clock,
    private readonly options: WebhookOptions,
  ) {}

  /** Takes up what an earlier process did not deliver. */
  resume(): void {
    for (const id of this.store.state.undelivered) {
      const event = this.store.state.events.get(id);
      if (event) this.push({ event, failures: 0 });
    }
  }

  /** Sends an event, late, twice or after a later one where a fault says so. */
  send(event: AnyEvent): void {
    const strike = this.faults.strikeEvent(textsOf(event));
    const delivery = { event, failures: 0 };
    switch (strike?.kind) {
      case 'webhook_late':
        this.later(strike.delayMs ?? defaultDelayMs.webhook_late, () => this.push(delivery));
        return;
      case 'webhook_reorder':
        this.holdBack(strike.delayMs ?? defaultDelayMs.webhook_reorder, delivery);
        return;
      case 'webhook_duplicate':
        this.push(delivery);
        this.push({ event, failures: 0 });
        return;
      case undefined:
        this.push(delivery);
    }
  }

  /** Sends every event again, `times` times; returns how many deliveries that makes. */
  replayAll(times: number): number {
    const events = [...this.store.state.events.values()];
    for (let round = 0; round < times; round += 1) {
      for (const event of events) this.push({ event, failures: 0 });
    }
    return events.length * times;
  }

  /** Ends deliveries under way; what was not acknowledged is sent again after the next start. */
  async close(): Promise<void> {
    this.closing.abort();
    for (const timer of this.timers) clearTimeout(timer);
    this.queue.length = 0;
    await Promise.all(this.running);
  }

  private push(delivery: Delivery): void {
    if (this.options.url === undefined || this.closing.signal.aborted) return;
    this.queue.push(delivery);
    this.pump(this.options.url);
  }

  private pump(url: string): void {
    while (this.running.size < deliveriesInFlight && !this.closing.signal.aborted) {
      const delivery = this.queue.shift();
      if (!delivery) return;
      const run = this.deliver(url, delivery).finally(() => {
        this.running.delete(run);
        this.pump(url);
      });
      this.running.add(run);
    }
  }

  private async deliver(url: string, delivery: Delivery): Promise<void> {
    if (await this.post(url, delivery.event)) {
      await this.acknowledge(delivery.event);
      return;
    }
    delivery.failures += 1;
    const delayMs = Math.min(retry.firstMs * 2 ** Math.min(delivery.failures - 1, 20), retry.longestMs);
    this.later(delayMs, () => this.push(delivery));
  }

  private async post(url: string, event: AnyEvent): Promise<boolean> {
    const body = JSON.stringify('paymentId' in event ? thinEventBody(event) : eventBody(event));
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'stripe-signature': this.signature(body) },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([this.closing.signal, AbortSignal.timeout(deliveryTimeoutMs)]),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      // Nobody listened, or not long enough: the delivery is tried again.
      return false;
    }
  }

  private async acknowledge(event: AnyEvent): Promise<void> {
    for (const release of [...this.heldBack]) release();
    if (!this.store.state.undelivered.has(event.id)) return;
    // A mark that cannot be written costs one more delivery after the next start, and requests fail by then anyway.
    await this.store.commit([{ kind: 'delivered', eventId: event.id }]).catch(() => undefined);
  }

  /** Keeps the delivery until another one was acknowledged, or until nothing else came for a while. */
  private holdBack(delayMs: number, delivery: Delivery): void {
    const release = () => {
      if (this.heldBack.delete(release)) this.push(delivery);
    };
    this.heldBack.add(release);
    this.later(delayMs, release);
  }

  private later(delayMs: number, work: () => void): void {
    if (this.closing.signal.aborted) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, delayMs);
    this.timers.add(timer);
  }

  /** Stripe's scheme: HMAC-SHA-256 over the second of the delivery, a dot and the body. */
  private signature(body: string): string {
    const seconds = Math.floor(this.clock.now().getTime() / 1000);
    return `t=${seconds},v1=${createHmac('sha256', this.options.secret).update(`${seconds}.${body}`).digest('hex')}`;
  }
}

function textsOf(event: AnyEvent): readonly string[] {
  if ('paymentId' in event) return event.texts;
  const { transfer_group: group, metadata } = event.object;
  const values: unknown[] = typeof metadata === 'object' && metadata !== null ? Object.values(metadata) : [];
  return [group, ...values].filter((value) => typeof value === 'string');
}

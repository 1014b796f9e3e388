import { setTimeout as sleep } from 'node:timers/promises';
import {
  PayoutRail,
  RailThrottled,
  type OpenAccountRequest,
  type RailAttempt,
  type RailEvent,
  type RailTransfer,
  type RailTransferFilter,
  type SendRequest,
  type SentTransfer,
} from '../domain/index.js';
import type { RailBucket } from './rail-bucket.js';

/** Longer waits are given back to the caller, who can be stopped meanwhile. */
const longestWaitMs = 2_000;

/** Transfers that a rail lists with one request. */
const pageSize = 100;

/**
 * A rail whose calls keep to the pace that its account allows, whichever process makes them. Whoever would have to wait
 * long is told {@link RailThrottled}, as the rail itself would say; where the rail says so, all slow down.
 */
export class PacedRail extends PayoutRail {
  readonly name: string;
  readonly isLive: boolean;
  readonly resendWindowMs: number;
  override readonly creationEvents: readonly string[];

  constructor(
    private readonly rail: PayoutRail,
    private readonly bucket: Pick<RailBucket, 'take' | 'slowDown'>,
  ) {
    super();
    this.name = rail.name;
    this.isLive = rail.isLive;
    this.resendWindowMs = rail.resendWindowMs;
    this.creationEvents = rail.creationEvents;
    // Whether a rail has these says how its batches are released, and whom it is told of. The balance is one call for a
    // batch, and of its own limit: behind a batch that is being paid no other could be released.
    if (rail.balance) this.balance = () => rail.balance!();
    if (rail.setBankAccount) this.setBankAccount = (...asked) => this.paced(() => rail.setBankAccount!(...asked));
  }

  openAccount(request: OpenAccountRequest): Promise<{ accountReference: string }> {
    return this.paced(() => this.rail.openAccount(request));
  }

  send(request: SendRequest): Promise<SentTransfer> {
    return this.paced(() => this.rail.send(request));
  }

  find(attempt: RailAttempt): Promise<RailTransfer | undefined> {
    return this.paced(() => this.rail.find(attempt));
  }

  fetch(reference: string): Promise<RailTransfer> {
    return this.paced(() => this.rail.fetch(reference));
  }

  async *listTransfers(filter: RailTransferFilter): AsyncGenerator<RailTransfer> {
    const transfers = this.rail.listTransfers(filter)[Symbol.asyncIterator]();
    for (let count = 0; ; count += 1) {
      const next = count % pageSize === 0 ? await this.paced(() => transfers.next()) : await transfers.next();
      if (next.done === true) return;
      yield next.value;
    }
  }

  parseWebhook(rawBody: string | Uint8Array, signatureHeader: string): RailEvent {
    return this.rail.parseWebhook(rawBody, signatureHeader);
  }

  private async paced<T>(call: () => Promise<T>): Promise<T> {
    const { taken, waitMs } = await this.bucket.take(1, longestWaitMs);
    if (!taken) throw new RailThrottled(waitMs, 'calling the rail: its account has no room for more calls now');
    if (waitMs > 0) await sleep(waitMs);
    try {
      return await call();
    } catch (error) {
      if (error instanceof RailThrottled) await this.bucket.slowDown(error.retryAfterMs);
      throw error;
    }
  }
}

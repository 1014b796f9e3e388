import { setTimeout as sleep } from 'node:timers/promises';

/** A transfer as the sandbox rail lists it, in the smallest unit of the currency. */
export interface RailTransfer {
  id: string;
  amount: number;
  amount_reversed: number;
  /** Lower case. */
  currency: string;
  destination: string;
  metadata: Record<string, string>;
}

interface TransferPage {
  data: RailTransfer[];
  has_more: boolean;
}

const retryMs = 300;

/** The sandbox rail from the outside: what it has, what goes wrong at it, and what banks do in their own time. */
export class RailClient {
  constructor(
    private readonly url: string,
    private readonly apiKey: string,
    private readonly signal: AbortSignal,
  ) {}

  async strike(faults: readonly object[]): Promise<void> {
    await this.control('POST', '/sandbox/faults', { faults });
  }

  async clearFaults(): Promise<void> {
    await this.control('DELETE', '/sandbox/faults');
  }

  async undeliveredEvents(): Promise<number> {
    return ((await this.control('GET', '/sandbox/totals')) as { undeliveredEvents: number }).undeliveredEvents;
  }

  /** Sends every event that there ever was once more. */
  async replayWebhooks(): Promise<void> {
    await this.control('POST', '/sandbox/webhooks/replay', { times: 1 });
  }

  /** The newest transfers, at most a hundred. */
  async newest(limit: number): Promise<RailTransfer[]> {
    return (await this.stripe<TransferPage>('GET', `/v1/transfers?limit=${limit}`)).data;
  }

  /** Every transfer that was ever made. */
  async all(): Promise<RailTransfer[]> {
    const transfers: RailTransfer[] = [];
    for (let after = ''; ;) {
      const page = await this.stripe<TransferPage>('GET', `/v1/transfers?limit=100${after}`);
      transfers.push(...page.data);
      const last = page.data.at(-1);
      if (!page.has_more || !last) return transfers;
      after = `&starting_after=${last.id}`;
    }
  }

  /**
   * Gives the whole of a transfer back; whether this call did it: an earlier one whose answer was lost may have, and it may
   * be refused. Without a key, since a key would keep a 500 for ever; nothing comes back twice.
   */
  async reverse(id: string): Promise<boolean> {
    const answer = await this.stripe<object>('POST', `/v1/transfers/${id}/reversals`, {});
    return !('error' in answer);
  }

  /** A payment that no product asked for. */
  async transfer(form: Record<string, string>, key: string): Promise<RailTransfer> {
    return this.stripe<RailTransfer>('POST', '/v1/transfers', form, key);
  }

  private async control(method: string, path: string, body?: object): Promise<unknown> {
    const init = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return (await this.answer(path, { method, ...init })).json();
  }

  private async stripe<Result>(
    method: string,
    path: string,
    form?: Record<string, string>,
    key?: string,
  ): Promise<Result> {
    const headers = { authorization: `Bearer ${this.apiKey}`, ...(key !== undefined && { 'idempotency-key': key }) };
    const body = form && { body: new URLSearchParams(form) };
    return (await (await this.answer(path, { method, headers, ...body })).json()) as Result;
  }

  /** The sandbox may be away, or struck by the faults that it was asked for: it is asked again. */
  private async answer(path: string, init: RequestInit): Promise<Response> {
    for (;;) {
      this.signal.throwIfAborted();
      try {
        const response = await fetch(`${this.url}${path}`, { ...init, signal: AbortSignal.timeout(5_000) });
        if (response.ok || (response.status < 500 && response.status !== 429)) return response;
        await response.body?.cancel();
      } catch {
        // Nobody listened, or the answer was held back.
      }
      await sleep(retryMs);
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './dice.js';
import type { RailClient } from './rail-client.js';
import type { Witness } from './witness.js';

/** Longer than the product waits for the rail in such a run. */
const heldMs = 2_500;
const pauseMs = 1_500;
/** Every event is sent again by a replay: so few that the next ones are not kept waiting for long. */
const mostReplays = 6;

/** By how often each is asked for. */
const mischiefs = {
  timeout_after: 14,
  timeout_before: 6,
  error_500_after: 8,
  error_500_before: 6,
  reset_after: 8,
  reset_before: 5,
  throttle: 5,
  latency: 6,
  refuse: 10,
  webhook_duplicate: 8,
  webhook_reorder: 8,
  webhook_late: 4,
  return: 12,
  replay: 3,
} as const;

type Fault = Exclude<keyof typeof mischiefs, 'return' | 'replay'>;

/** What goes wrong at the rail: faults, payments that come back, webhooks that come twice, late and in the wrong order. */
export class Mischief {
  private replays = 0;

  constructor(
    private readonly rail: RailClient,
    private readonly witness: Witness,
    private readonly dice: Dice,
  ) {}

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.one(this.dice.weighted(mischiefs));
      await sleep(this.dice.next() * pauseMs);
    }
  }

  private async one(kind: keyof typeof mischiefs): Promise<void> {
    if (kind === 'return') return this.giveBack();
    if (kind !== 'replay') return this.strike(kind);
    if ((this.replays += 1) > mostReplays) return;
    await this.rail.replayWebhooks();
    this.witness.count('rail: all webhooks sent again');
  }

  private async strike(kind: Fault): Promise<void> {
    const isWebhook = kind.startsWith('webhook');
    const delay = kind.startsWith('timeout') ? { delayMs: heldMs } : kind === 'latency' ? { delayMs: 900 } : {};
    const times = this.dice.whole(1, isWebhook ? 6 : 4);
    const seed = this.dice.whole(1, 1_000_000);
    // A probe may be struck as well as a payment; what a bank refuses are payments alone.
    const method = kind !== 'refuse' && this.dice.chance(0.3) ? '*' : 'POST';
    const match = isWebhook ? {} : { match: { path: '/v1/transfers', method } };
    await this.rail.strike([{ kind, times, probability: 0.6, seed, ...delay, ...match }]);
    this.witness.count(`rail: ${kind}`);
  }

  private async giveBack(): Promise<void> {
    const paid = (await this.rail.newest(20)).filter(({ amount_reversed: back }) => back === 0);
    if (paid.length === 0) return;
    if (await this.rail.reverse(this.dice.pick(paid).id)) this.witness.count('rail: payments given back');
  }
}

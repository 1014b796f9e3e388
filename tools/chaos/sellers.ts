import { setTimeout as sleep } from 'node:timers/promises';
import type { EventResult } from '../client/index.js';
import type { Dice } from './dice.js';
import type { Requests } from './requests.js';
import type { Witness, WitnessedEvent } from './witness.js';
import type { ChaosProgram } from './world.js';

interface Sale {
  id: string;
  leftMinor: number;
  isVoid: boolean;
}

const pauseMs = 700;
const customers = 40;

/** One shop that reports what is sold and what comes back: some of it late, some of it twice, some in the wrong order. */
export class Seller {
  private readonly sales: Sale[] = [];
  private readonly sent: WitnessedEvent['body'][] = [];
  private last = 0;

  constructor(
    private readonly name: string,
    private readonly program: ChaosProgram,
    private readonly requests: Requests,
    private readonly witness: Witness,
    private readonly dice: Dice,
    private readonly token: string,
  ) {}

  /** Reports until it is told to stop; what it asked for last is answered by then. */
  async run(isOver: () => boolean): Promise<void> {
    const bornAt = Date.now();
    while (!isOver()) {
      await this.report(bornAt);
      await sleep(this.dice.next() * pauseMs);
    }
  }

  private async report(bornAt: number): Promise<void> {
    const events: WitnessedEvent['body'][] = [];
    const count = this.dice.whole(1, 8);
    while (events.length < count) events.push(...this.happenings(bornAt));
    const bodies = this.dice.shuffled(events);
    const { id: programId } = this.program;
    const path = `/v1/events?programId=${programId}`;
    const outcome = await this.requests.act<{ results: EventResult[] }>({
      path,
      token: this.token,
      body: { events: bodies },
    });
    if ('refusal' in outcome) this.witness.oddities.push(`POST /v1/events was refused: ${outcome.refusal.reason}`);
    else this.witness.reported(programId, bodies, outcome.result.results);
    this.sent.push(...bodies);
  }

  private happenings(bornAt: number): WitnessedEvent['body'][] {
    const kind = this.dice.weighted({ sale: 70, refund: 16, void: 4, both: 5, again: 5 });
    if (kind === 'again' && this.sent.length > 0) return [this.dice.pick(this.sent)];
    const known = this.sales.filter(({ leftMinor, isVoid }) => leftMinor > 0 && !isVoid);
    if (kind === 'refund' && known.length > 0) return [this.refund(this.dice.pick(known))];
    if (kind === 'void' && known.length > 0) return [this.void(this.dice.pick(known))];
    const { sale, body } = this.sale(bornAt);
    // In the same request, so that the refund may come before its sale.
    return kind === 'both' ? [body, this.refund(sale)] : [body];
  }

  /** At any time since this shop was opened: earlier sales may be told of later. */
  private sale(bornAt: number): { sale: Sale; body: WitnessedEvent['body'] } {
    const id = this.id('sale');
    const amountMinor = this.dice.whole(1_000, 40_000);
    const sale = { id, leftMinor: amountMinor, isVoid: false };
    this.sales.push(sale);
    const back = this.dice.chance(0.2) ? this.dice.next() : 0;
    const now = Date.now();
    const body = {
      ...{ id, type: 'sale', occurredAt: new Date(now - back * (now - bornAt)).toISOString() },
      ...{ partner: this.dice.pick(this.program.partners).id, customer: `c-${this.dice.whole(1, customers)}` },
      ...{ amountMinor, currency: this.program.currency },
    };
    return { sale, body };
  }

  private refund(sale: Sale): WitnessedEvent['body'] {
    const isWhole = this.dice.chance(0.4);
    const amountMinor = isWhole ? sale.leftMinor : this.dice.whole(1, sale.leftMinor);
    sale.leftMinor -= amountMinor;
    const occurredAt = new Date().toISOString();
    return { id: this.id('refund'), type: 'refund', occurredAt, refundOf: sale.id, amountMinor };
  }

  private void(sale: Sale): WitnessedEvent['body'] {
    sale.isVoid = true;
    return { id: this.id('void'), type: 'void', occurredAt: new Date().toISOString(), voidOf: sale.id };
  }

  private id(kind: string): string {
    return `${this.name}-${kind}-${(this.last += 1)}`;
  }
}

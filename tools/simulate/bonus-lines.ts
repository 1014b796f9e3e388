import { bonusEventId, byId } from '../../libs/commissions/domain/index.js';
import { Float64Column, Int32Column } from './columns.js';
import type { EventStore } from './event-store.js';

/** A bonus of the document: its place there, and its id. */
export interface Bonus {
  readonly index: number;
  readonly id: string;
}

const ofItsOwn = -1;

/** The lines of bonuses, in columns: a bonus for each customer's lifetime value may give as many as there are events. */
export class BonusLines {
  private readonly bonuses = new Map<number, Bonus>();
  private readonly bonus = new Int32Column();
  private readonly occurredAt = new Float64Column();
  private readonly amount = new Float64Column();
  private readonly partner = new Int32Column();
  /** The row of the event, or `ofItsOwn`. */
  private readonly row = new Int32Column();

  constructor(private readonly store: EventStore) {}

  /** Keeps a line; `row` is that of its event, undefined where the bonus is an event of its own. */
  add(bonus: Bonus, at: { occurredAtMs: number; partner: number; row?: number }, amountMinor: bigint): void {
    this.bonuses.set(bonus.index, bonus);
    this.bonus.push(bonus.index);
    this.occurredAt.push(at.occurredAtMs);
    this.amount.push(Number(amountMinor));
    this.partner.push(at.partner);
    this.row.push(at.row ?? ofItsOwn);
  }

  get length(): number {
    return this.bonus.length;
  }

  /** The lines by (`occurredAt`, `event`, place of the bonus in the document, order of arrival). */
  inOrder(): Uint32Array {
    const order = Uint32Array.from({ length: this.length }, (_, line) => line);
    return order.sort(
      (a, b) =>
        this.occurredAtMs(a) - this.occurredAtMs(b) ||
        byId(this.eventAt(a), this.eventAt(b)) ||
        this.bonus.at(a) - this.bonus.at(b) ||
        a - b,
    );
  }

  occurredAtMs(line: number): number {
    return this.occurredAt.at(line);
  }

  /** Minor units of the terms' currency. */
  amountAt(line: number): number {
    return this.amount.at(line);
  }

  partnerAt(line: number): number {
    return this.partner.at(line);
  }

  bonusAt(line: number): Bonus {
    return this.bonuses.get(this.bonus.at(line))!;
  }

  eventAt(line: number): string {
    const row = this.row.at(line);
    if (row !== ofItsOwn) return this.store.idAt(row);
    return bonusEventId(this.bonusAt(line).id, this.occurredAtMs(line));
  }
}

import { saleType } from '../../libs/tracking/domain/index.js';
import type { EventStore } from './event-store.js';
import { FirstSaleTable } from './first-sales.js';

const none = -1;

/** The sales of each customer with each partner, as lists of rows that hang together by one number a row. */
export class CustomerSales {
  private readonly next: Int32Array;
  /** The rows of first sales, in the order of time. */
  private readonly firsts: number[] = [];

  /** `rows` are in the order of time; those that `counts` refuses are in nobody's history. */
  constructor(store: EventStore, rows: Iterable<number>, counts: (row: number) => boolean) {
    this.next = new Int32Array(store.length).fill(none);
    const last = new FirstSaleTable();
    for (const row of rows) {
      if (store.kindAt(row) !== 'conversion' || store.typeAt(row) !== saleType) continue;
      const customer = store.customerAt(row);
      if (customer === undefined || !counts(row)) continue;
      const before = last.get(customer);
      if (before === undefined) this.firsts.push(row);
      else this.next[before] = row;
      last.set(customer, row);
    }
  }

  /** The first sale of each customer. */
  firstSales(): readonly number[] {
    return this.firsts;
  }

  /** A first sale and all that the same customer bought after it. */
  *from(first: number): Generator<number> {
    for (let row = first; row !== none; row = this.next[row] ?? none) yield row;
  }
}

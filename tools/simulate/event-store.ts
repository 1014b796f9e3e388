import type { PricedEvent } from '../../libs/commissions/domain/index.js';
import { allocate } from '../../libs/kernel/allocation.js';
import { reversedEventId, type EventShare, type TrackedEvent } from '../../libs/tracking/domain/index.js';
import { Float64Column, Int32Column } from './columns.js';
import { customerKey } from './first-sales.js';
import { StringPool } from './string-pool.js';

const absent = -1;

/** The columns that make an event's content; all but two hold references to strings. */
const contentColumns = ['type', 'occurredAt', 'amount', 'partner', 'currency', 'customer'] as const;
const moreContentColumns = ['coupon', 'products', 'country', 'campaign', 'target'] as const;
type ContentColumn = (typeof contentColumns)[number] | (typeof moreContentColumns)[number];
type Content = Record<ContentColumn, number>;

/**
 * Events in columns, a number per field: five million of them take less than a gigabyte. Rows are in the order of
 * arrival; the first of an id is kept (terms.md, Events).
 */
export class EventStore {
  private readonly ids = new StringPool();
  private readonly strings = new StringPool();
  private readonly texts = new Map<number, string>();
  private readonly id = new Int32Column();
  private readonly lines = new Int32Column();
  /** The row of each id, or `absent` for an id that only a refund or void has named. */
  private readonly rows = new Int32Column();
  private readonly columns: Readonly<Record<ContentColumn, Float64Column | Int32Column>> = {
    occurredAt: new Float64Column(),
    amount: new Float64Column(),
    type: new Int32Column(),
    partner: new Int32Column(),
    currency: new Int32Column(),
    customer: new Int32Column(),
    coupon: new Int32Column(),
    products: new Int32Column(),
    country: new Int32Column(),
    campaign: new Int32Column(),
    target: new Int32Column(),
  };
  /** Of rows that are shares of one event, or reversals of such. */
  private readonly shares = new Map<number, EventShare>();
  private readonly targets = new Map<number, number>();
  private readonly unattributed = new Set<number>();
  private readonly refundType = this.strings.intern('refund');
  private readonly voidType = this.strings.intern('void');

  get length(): number {
    return this.id.length;
  }

  /** Keeps an event of a file's line; `repeated` has the content of the one that is kept already, `conflict` another. */
  add(event: TrackedEvent, line: number): 'added' | 'repeated' | 'conflict' {
    const id = this.idReference(event.id);
    const content = this.contentOf(event);
    const row = this.rows.at(id);
    if (row !== absent) return this.hasContent(row, content) ? 'repeated' : 'conflict';
    this.rows.set(id, this.length);
    this.id.push(id);
    this.lines.push(line);
    for (const name of contentColumns) this.columns[name].push(content[name]);
    for (const name of moreContentColumns) this.columns[name].push(content[name]);
    return 'added';
  }

  kindAt(row: number): TrackedEvent['kind'] {
    const type = this.columns.type.at(row);
    if (type === this.refundType) return 'refund';
    return type === this.voidType ? 'void' : 'conversion';
  }

  idAt(row: number): string {
    return this.ids.text(this.id.at(row));
  }

  /** The line of the file that the event stood on. */
  lineAt(row: number): number {
    return this.lines.at(row);
  }

  /** Epoch milliseconds. */
  occurredAtMs(row: number): number {
    return this.columns.occurredAt.at(row);
  }

  /** Minor units; 0 for a void. */
  amountAt(row: number): number {
    return this.columns.amount.at(row);
  }

  /** A number that stands for the partner of a conversion; `text` gives its name. */
  partnerAt(row: number): number {
    return this.columns.partner.at(row);
  }

  /** The row of the event that a refund or void names; undefined where no such event was kept. */
  targetAt(row: number): number | undefined {
    const ofShare = this.targets.get(row);
    if (ofShare !== undefined) return ofShare;
    const target = this.rows.at(this.columns.target.at(row));
    return target === absent ? undefined : target;
  }

  /** The share that a row is of its event; undefined for what is one partner's whole. */
  shareAt(row: number): EventShare | undefined {
    return this.shares.get(row);
  }

  /** Whether a conversion names no partner and belongs to none. */
  isUnattributed(row: number): boolean {
    return this.unattributed.has(row);
  }

  /**
   * Divides conversions that name no partner among those who have a share of each, in the order that decides between equal
   * remainders: each share is a row, and so is what each refund and void takes back of it. Once, when all events are there.
   */
  divide(events: Iterable<readonly [row: number, shares: readonly { partner: string; weight: bigint }[]]>): void {
    const rowsOf = new Map<number, number[]>();
    for (const [row, shares] of events) {
      if (shares.length === 0) this.unattributed.add(row);
      const weights = shares.map(({ weight }) => weight);
      const wholeMinor = BigInt(this.amountAt(row));
      const parts = shares.length === 0 ? [] : allocate(wholeMinor, weights);
      const own = shares.map(({ partner }, place) => {
        const share = place === 0 ? row : this.copy(row);
        this.columns.partner.set(share, this.strings.intern(partner));
        this.columns.amount.set(share, Number(parts[place]));
        if (shares.length > 1) this.shares.set(share, { wholeMinor, weights, place });
        return share;
      });
      if (own.length > 1) rowsOf.set(row, own);
    }
    const { length } = this;
    for (let row = 0; rowsOf.size > 0 && row < length; row += 1) {
      const target = this.kindAt(row) === 'conversion' ? undefined : this.targetAt(row);
      for (const share of rowsOf.get(target ?? absent)?.slice(1) ?? []) this.targets.set(this.copy(row), share);
    }
  }

  /** Another row with the content of one. */
  private copy(row: number): number {
    this.id.push(this.id.at(row));
    this.lines.push(this.lines.at(row));
    for (const name of [...contentColumns, ...moreContentColumns]) this.columns[name].push(this.columns[name].at(row));
    return this.length - 1;
  }

  /** The string of a reference, remembered: for those with few values. */
  text(reference: number): string {
    let text = this.texts.get(reference);
    if (text === undefined) this.texts.set(reference, (text = this.strings.text(reference)));
    return text;
  }

  /** The string of one of the optional fields, which may have a value of its own in each row. */
  optionalText(column: 'coupon' | 'products' | 'country' | 'campaign', row: number): string | undefined {
    const reference = this.columns[column].at(row);
    return reference === absent ? undefined : this.strings.text(reference);
  }

  typeAt(row: number): string {
    return this.text(this.columns.type.at(row));
  }

  currencyAt(row: number): string {
    return this.text(this.columns.currency.at(row));
  }

  /** The customer together with the partner; undefined without a customer. */
  customerAt(row: number): number | undefined {
    const customer = this.columns.customer.at(row);
    return customer === absent ? undefined : customerKey(this.partnerAt(row), customer);
  }

  /** All rows in the order in which events run: `occurredAt`, then `id` (terms.md, Pricing 2). */
  inOrder(): Uint32Array {
    const order = Uint32Array.from({ length: this.length }, (_, row) => row);
    const compare = (a: number, b: number) =>
      this.occurredAtMs(a) - this.occurredAtMs(b) || this.ids.compare(this.id.at(a), this.id.at(b));
    // Most files are in order already, and looking costs much less than sorting.
    const sorted = order.every((row) => row === 0 || compare(row - 1, row) < 0);
    return sorted ? order : order.sort(compare);
  }

  private idReference(text: string): number {
    const reference = this.ids.intern(text);
    if (reference === this.rows.length) this.rows.push(absent);
    return reference;
  }

  private contentOf(event: TrackedEvent): Content {
    const target = reversedEventId(event);
    const conversion = event.kind === 'conversion' ? event : undefined;
    return {
      type: conversion
        ? this.strings.intern(conversion.type)
        : event.kind === 'refund'
          ? this.refundType
          : this.voidType,
      occurredAt: event.occurredAt.getTime(),
      amount: event.kind === 'void' ? 0 : Number(event.amountMinor),
      partner: this.reference(conversion?.partner),
      currency: this.reference(conversion?.currency),
      customer: this.reference(conversion?.customer),
      coupon: this.reference(conversion?.coupon),
      products: this.reference(conversion?.products && JSON.stringify(conversion.products)),
      country: this.reference(conversion?.country),
      campaign: this.reference(conversion?.campaign),
      target: target === undefined ? absent : this.idReference(target),
    };
  }

  private reference(text: string | undefined): number {
    return text === undefined ? absent : this.strings.intern(text);
  }

  private hasContent(row: number, content: Content): boolean {
    const same = (name: ContentColumn) => this.columns[name].at(row) === content[name];
    return contentColumns.every(same) && moreContentColumns.every(same);
  }
}

/** A conversion of the store as the engine reads it. One object moves from row to row; strings are made when asked for. */
export class StoredEvent implements PricedEvent<number> {
  row = 0;

  constructor(private readonly store: EventStore) {}

  at(row: number): this {
    this.row = row;
    return this;
  }

  get id(): string {
    return this.store.idAt(this.row);
  }

  get type(): string {
    return this.store.typeAt(this.row);
  }

  get occurredAtMs(): number {
    return this.store.occurredAtMs(this.row);
  }

  get amountMinor(): bigint {
    return BigInt(this.store.amountAt(this.row));
  }

  get share(): EventShare | undefined {
    return this.store.shareAt(this.row);
  }

  get currency(): string {
    return this.store.currencyAt(this.row);
  }

  get customer(): number | undefined {
    return this.store.customerAt(this.row);
  }

  get coupon(): string | undefined {
    return this.store.optionalText('coupon', this.row);
  }

  get products(): readonly string[] | undefined {
    const list = this.store.optionalText('products', this.row);
    return list === undefined ? undefined : (JSON.parse(list) as string[]);
  }

  get country(): string | undefined {
    return this.store.optionalText('country', this.row);
  }

  get campaign(): string | undefined {
    return this.store.optionalText('campaign', this.row);
  }
}

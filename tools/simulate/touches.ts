import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import {
  attribute,
  couponKey,
  couponTouchId,
  parseTouch,
  type AttributionTerms,
  type NoTerms,
  type Touch,
} from '../../libs/attribution/domain/index.js';
import type { CompiledTerms } from '../../libs/commissions/domain/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import type { ConversionEvent, TrackedEvent } from '../../libs/tracking/domain/index.js';
import { UnreadableFile } from './record-sink.js';

/** Partners by their coupon codes, as events are compared with them. Throws UnreadableFile. */
export function readCodes(path: string | undefined): Map<string, string> {
  if (path === undefined) return new Map();
  try {
    const options = { bom: true, skip_empty_lines: true, columns: true } as const;
    const rows = parse<Record<string, string>>(readFileSync(path, 'utf8'), options);
    return new Map(rows.map(({ code = '', partner = '' }) => [couponKey(code), partner]));
  } catch (error) {
    throw new UnreadableFile(`${path}: ${error instanceof Error ? error.message : 'is not CSV'}`);
  }
}

/** Says whose the events of a file are that name no partner, by the function that says it in the live service. */
export class Touches {
  private readonly terms: AttributionTerms | NoTerms;
  private readonly byId = new Map<string, Touch>();
  private readonly byCustomer = new Map<string, Touch[]>();
  /** The clicks that customers turned out to have made, by customer. */
  private readonly clicks = new Map<string, Set<string>>();
  private readonly unnamed: { row: number; event: ConversionEvent }[] = [];

  constructor(
    { attribution, timeZone }: CompiledTerms,
    private readonly codes: ReadonlyMap<string, string>,
  ) {
    this.terms = attribution ? { ...attribution, timeZone } : 'no_attribution_terms';
  }

  /** Remembers an event that names no partner, and what it says of its customer; any other is left. */
  event(row: number, event: TrackedEvent): void {
    if (event.kind !== 'conversion' || event.partner !== '') return;
    this.unnamed.push({ row, event });
    const { id, occurredAt, coupon, click, customer } = event;
    const partnerId = coupon === undefined ? undefined : this.codes.get(couponKey(coupon));
    if (partnerId !== undefined) {
      this.keep({ id: couponTouchId(id), kind: 'coupon', partnerId, occurredAtMs: occurredAt.getTime() }, customer);
    }
    if (click === undefined || customer === undefined) return;
    this.clicks.set(customer, (this.clicks.get(customer) ?? new Set()).add(click));
  }

  /** Reads reports of touches, one JSON object a line; of one id the first is kept. Bad lines are told. */
  read(path: string, refused: (line: number, reason: string) => void): void {
    readFileSync(path, 'utf8')
      .split('\n')
      .forEach((text, index) => {
        if (text.trim() === '') return;
        const reason = this.refusalOf(text);
        if (reason !== undefined) refused(index + 1, reason);
      });
  }

  /** Who has which share of each event that names no partner, in the order of the partners' names. */
  *shares(): Generator<readonly [number, { partner: string; weight: bigint }[]]> {
    for (const { row, event } of this.unnamed) {
      const { shares } = attribute(event.occurredAt.getTime(), this.touchesOf(event), () => this.terms);
      yield [row, shares.map(({ partnerId: partner, weight }) => ({ partner, weight }))];
    }
  }

  private touchesOf({ id, click, customer = '' }: ConversionEvent): Touch[] {
    const named = [couponTouchId(id), ...(click === undefined ? [] : [click]), ...(this.clicks.get(customer) ?? [])];
    return [...named.flatMap((touch) => this.byId.get(touch) ?? []), ...(this.byCustomer.get(customer) ?? [])];
  }

  private refusalOf(text: string): string | undefined {
    try {
      const { id, kind, occurredAt, partner, coupon, customer, role } = parseTouch(JSON.parse(text));
      const partnerId = partner ?? (coupon === undefined ? undefined : this.codes.get(couponKey(coupon)));
      if (partnerId === undefined) {
        return coupon === undefined ? '/link names a link, which no file knows' : '/coupon names no code of --codes';
      }
      if (this.byId.has(id)) return undefined;
      const touch = { id, kind, partnerId, occurredAtMs: occurredAt.getTime() };
      return this.keep({ ...touch, ...(role !== undefined && { role }) }, customer);
    } catch (error) {
      if (error instanceof SyntaxError) return 'is not JSON';
      if (!(error instanceof DomainError)) throw error;
      return error.errors.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; ');
    }
  }

  private keep(touch: Touch, customer: string | undefined): undefined {
    this.byId.set(touch.id, touch);
    if (customer === undefined) return;
    this.byCustomer.set(customer, [...(this.byCustomer.get(customer) ?? []), touch]);
  }
}
